"""pytorch_mppi: one decision for a robot with two driven wheels on a map, by its own `command`. float32."""

from math import pi

from diff_drive import (
    CELLS_PER_METRE, FIRST_CELL, GOAL, GOAL_WEIGHT, HALF, MIDDLE, OBSTACLE_WEIGHT, STEP, TEMPERATURE,
)  # fmt: skip
from protocol import on_gpu, serve, threads


def load():
    from importlib.metadata import version as installed

    import torch
    from pytorch_mppi import MPPI

    if on_gpu() and not torch.cuda.is_available():
        raise ImportError("this PyTorch knows no GPU")
    place = torch.device("cuda" if on_gpu() else "cpu")
    torch.set_num_threads(threads())
    middle, half = (torch.tensor(numbers, device=place) for numbers in (MIDDLE, HALF))

    def advance(state, share):
        """`state`: [K, 3]; `share`: [K, 2]."""
        x, y, heading = state.unbind(-1)
        speed, turn = (middle + half * share).unbind(-1)
        way = STEP * speed
        return torch.stack((x + way * heading.cos(), y + way * heading.sin(), heading + STEP * turn), -1)

    def cost_on(given):
        width, height = given["width"], given["height"]
        cells = torch.tensor(given["cells"], dtype=torch.float32, device=place)

        def sampled(column, row):
            column, row = column.clamp(0, width - 1), row.clamp(0, height - 1)
            left, upper = column.floor(), row.floor()
            across, down = column - left, row - upper
            left, upper = left.int(), upper.int()
            right = (left + 1).clamp(max=width - 1)
            upper, lower = upper * width, (upper + 1).clamp(max=height - 1) * width
            above = torch.lerp(cells[upper + left], cells[upper + right], across)
            below = torch.lerp(cells[lower + left], cells[lower + right], across)
            return torch.lerp(above, below, down)

        def cost(state, _):
            x, y, heading = state.unbind(-1)
            off = heading - GOAL[2]
            off = (off - 2 * pi * (off / (2 * pi) + 0.5).floor()).abs()
            away = torch.sqrt((x - GOAL[0]) ** 2 + (y - GOAL[1]) ** 2)
            found = sampled((x - FIRST_CELL) * CELLS_PER_METRE, (y - FIRST_CELL) * CELLS_PER_METRE)
            return GOAL_WEIGHT * (away + off) + OBSTACLE_WEIGHT * found

        return cost

    class Peer:
        version, device = installed("pytorch-mppi"), str(place)
        works = ["drive"]
        does = "one decision of MPPI for a robot on a map, with white noise at each step, by its own command"

        def __init__(self):
            self.threads = torch.get_num_threads()

        def check_drive(self, states, shares, map):
            states, shares = (torch.tensor(rows, dtype=torch.float32, device=place) for rows in (states, shares))
            reached = advance(states, shares)
            costs = cost_on(map)(reached, shares)
            return {"next": reached.double().tolist(), "costs": costs.double().tolist()}

        def prepare(self, work):
            torch.manual_seed(work["seed"])
            mppi = MPPI(
                advance,
                cost_on(work["map"]),
                nx=3,
                noise_sigma=work["deviation"] ** 2 * torch.eye(2, device=place),
                num_samples=work["particles"],
                horizon=work["horizon"],
                lambda_=TEMPERATURE,
                u_min=torch.tensor([-1.0, -1.0], device=place),
                u_max=torch.tensor([1.0, 1.0], device=place),
                U_init=torch.zeros((work["horizon"], 2), device=place),
                device=place,
            )
            state = torch.tensor(work["state"], dtype=torch.float32, device=place)

            first = None

            def once():
                nonlocal first
                share = mppi.command(state)
                first = first or float(mppi.cost_total.mean())
                return {"control": share.tolist(), "first_mean_cost": first}  # waits for a GPU

            return once

    return Peer()


if __name__ == "__main__":
    serve("pytorch_mppi", load)
