"""What the robot with two driven wheels is, for the peers that drive it: `kernels/src/problems/diff_drive.rs` as it is by default.

A state is [x m, y m, heading rad]. Controls are drawn as shares of what is allowed, -1 to 1; the first is a speed, the second
a turn. A map is {"width", "height", "cells"}, row after row. A step costs what the state that it leads to costs.
"""

STEP = 0.02  # s
# Middle and half of each control's range: -0.35 to 0.5 m/s, -0.5 to 0.5 rad/s.
MIDDLE, HALF = (0.075, 0.0), (0.425, 0.5)
GOAL = (5.5, 5.5, 0.0)
FIRST_CELL, CELLS_PER_METRE = 0.05, 10.0
GOAL_WEIGHT, OBSTACLE_WEIGHT = 5.0, 20.0
TEMPERATURE = 1.0
