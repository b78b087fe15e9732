"""What the options of ``Pilot``, ``drive``, ``solve`` and ``evaluate`` mean: ``help(particle_pilot.options)``.

What an option is where it is not given depends on the planner: ``Pilot("mppi").options`` tells all of them.

**The problem**

``planner``
    How futures turn into an action. ``"cem"`` refits the drawing of futures to the best ones; ``"mppi"`` moves a plan to
    where weighted noise points; ``"random-shooting"`` compares first actions by futures at random; in ``"smc"`` futures
    advance together and light ones are replaced by copies of heavy ones; in ``"fmc"`` they clone each other for reward and
    for distance; ``"predictive-sampling"`` makes the best of many variants of its plan the plan; ``"icem"`` is ``"cem"`` with
    smooth noise, and follows the best futures again.
``particles``
    Futures in each iteration. More are steadier and proportionally slower.
``horizon``
    Steps of each future. More sees farther; but most futures at random end before, and say nothing about the difference.
``seed``
    Determines every random number.
``device``
    Where futures are simulated: ``"auto"``, whichever is predicted to be faster, ``"cpu"``, ``"cuda"`` or ``"cuda:1"``.
    Changes no bit.
``threads``
    How many of the CPU's; 0 for one on each core. Changes no bit.
``action``
    ``"discrete"``: full force to the left (0) or right (1). ``"continuous"``: a force in N.
``config``
    A file of options by the program's names, as its ``pilot --print-config`` writes it (the program comes with the
    repository, not with this package): ``particles = 256``, a line for each. Options given beside it win.

**Physics**, by the names of Gymnasium's ``CartPoleEnv``

``gravity`` (m/s^2), ``masscart``, ``masspole`` (kg), ``length`` (half the pole's, m), ``tau`` (between states, s)
    What moves the cart-pole.
``force_mag`` or ``force``
    The full force, in N.
``theta_threshold_radians``, or ``theta_limit_deg`` in degrees
    The angle at which the pole counts as fallen.
``x_threshold`` or ``x_limit``
    The distance from the centre at which the cart has left the track, in m.
``kinematics_integrator`` or ``integrator``
    ``"euler"`` or ``"semi-implicit-euler"``: whether positions advance with the old velocities or with the new ones.

**Cost weights.** The cheapest futures win. A future pays for each step that it lives and for its last state, or for the
steps that it misses because it ended.

``cost_position`` (1/m^2), ``cost_angle`` (1/rad^2)
    Of each step's squared distance from the centre, and squared angle.
``cost_end``
    Of each step that a future misses because pole or cart have passed a limit: what a fall costs.
``cost_terminal_position`` (1/m^2), ``cost_terminal_velocity`` (s^2/m^2), ``cost_terminal_angle`` (1/rad^2), \
``cost_terminal_rate`` (s^2/rad^2)
    Of the squared position, velocity, angle and angular velocity of the last state of a future that did not end.

**Knobs**, each of some planners

``iterations`` (cem, icem)
    How many times futures are drawn and the drawing refitted in each decision, 1 to 100; time goes in proportion.
``elite_share`` (cem, icem)
    The share of futures to refit to, above 0 and at most 1. Less is greedier.
``smoothing`` (cem, icem)
    How much of the old plan stays in a refit, 0 to less than 1.
``floor`` (cem, icem)
    The least probability of each action, or the least deviation as a share of the full force, 1/256 to 0.5: so that
    nothing becomes impossible.
``temperature`` (mppi, smc)
    In units of cost: a future that is dearer by this has 0.37 of the say. More lets worse futures have a say.
``target_share`` (mppi)
    Above 0, the temperature is found in each decision such that this share of the futures has a say; 0 keeps it fixed.
``balance`` (fmc)
    The exponent of the score against that of the distance, 0 to 10. More seeks reward, less explores.
``knot_spacing`` (continuous actions, and mppi, icem and predictive-sampling)
    Controls are drawn at knots, so many steps apart, 1 to 1000, and run evenly in between. More is smoother.
``interpolation`` (the same)
    How they run: ``"linear"`` or ``"cubic"``, which is smoother.
``noise`` (the same but icem)
    Where they are drawn from: ``"white"``, each by itself; ``"coloured"``, neighbours alike; ``"halton"``, spread evenly.
``noise_scale`` (the same)
    Their standard deviation as a share of the full force.
``colour`` (the same but icem, with coloured noise)
    The correlation of neighbouring knots.
``noise_exponent`` (icem)
    ``beta`` of the noise's power spectrum ``1 / f^beta``, 0 to 4: 0 is white, more is smoother.
``kept_share`` (icem)
    The share of the elites that are followed again in the next iteration and decision, above 0 and at most 1.
``sample_decay`` (icem)
    How many times as many futures each iteration has as the next, 1 to 10.

**Episodes** (``solve`` and ``evaluate``)

``steps``
    After how many an episode is won.
``push``
    A disturbance that planners do not know of: ``(5, 5, 50)`` or ``"5:5:50"``, a force in N, for how many steps, of every how
    many.
``episodes`` (``evaluate`` and ``drive``)
    How many.
"""
