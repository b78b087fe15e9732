"""pytorch_mppi: one decision for any force up to 10 N, by its own `command`. float32."""

from protocol import (
    ANGLE_WEIGHT, FORCE, GRAVITY, HALF_LENGTH, MASS, MOMENT, POLE, POSITION_WEIGHT, TAU, THETA_LIMIT, X_LIMIT, on_gpu,
    serve, threads,
)  # fmt: skip


def load():
    from importlib.metadata import version as installed

    import torch
    from pytorch_mppi import MPPI

    if on_gpu() and not torch.cuda.is_available():
        raise ImportError("this PyTorch knows no GPU")
    place = torch.device("cuda" if on_gpu() else "cpu")
    torch.set_num_threads(threads())

    def advance(state, control):
        """`state`: [K, 4]; `control`: [K, 1], from -1 to 1."""
        x, v, th, w = state.unbind(-1)
        sin, cos = torch.sin(th), torch.cos(th)
        temp = (control[..., 0] * FORCE + MOMENT * w * w * sin) / MASS
        angular = (GRAVITY * sin - cos * temp) / (HALF_LENGTH * (4 / 3 - POLE * cos * cos / MASS))
        linear = temp - MOMENT * angular * cos / MASS
        return torch.stack((x + TAU * v, v + TAU * linear, th + TAU * w, w + TAU * angular), -1)

    def cost(state, control):
        x, _, th, _ = state.unbind(-1)
        failed = (x.abs() > X_LIMIT) | (th.abs() > THETA_LIMIT)
        return torch.where(failed, 1.0, POSITION_WEIGHT * x * x + ANGLE_WEIGHT * th * th)

    class Peer:
        version, device = installed("pytorch-mppi"), str(place)
        works = ["mppi"]
        does = "one decision of MPPI with white noise at each step; a failed state costs 1 while it lasts"

        def __init__(self):
            self.threads = torch.get_num_threads()

        def check(self, states, actions):
            states = torch.tensor(states, dtype=torch.float32, device=place)
            controls = torch.tensor(actions, dtype=torch.float32, device=place)[:, None] * 2 - 1
            return {"next": advance(states, controls).double().tolist()}

        def prepare(self, work):
            torch.manual_seed(work["seed"])
            mppi = MPPI(
                advance,
                cost,
                nx=4,
                noise_sigma=torch.eye(1, device=place),
                num_samples=work["particles"],
                horizon=work["horizon"],
                lambda_=1.0,
                u_min=torch.tensor([-1.0], device=place),
                u_max=torch.tensor([1.0], device=place),
                device=place,
            )
            state = torch.tensor(work["state"], dtype=torch.float32, device=place)

            def once():
                return {"control": float(mppi.command(state))}  # waits for a GPU

            return once

    return Peer()


if __name__ == "__main__":
    serve("pytorch_mppi", load)
