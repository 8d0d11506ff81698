"""Path-integral control: the linear Bellman equation in continuous time and space (Kappen 2005).

Noise of variance rate nu enters where the control does, and the control costs R::

    dynamics     dx = f(x, t) dt + G (u dt + dxi),    E dxi dxi' = nu dt
    cost         C = E[ phi(x(t_f)) + int ( R |u|^2 / 2 + V(x, t) ) dt ]
    temperature  lambda = R nu
    solution     J(x, t) = -lambda log E_passive exp( -(phi + int V dt) / lambda ),    u* = -G' grad J / R

The temperature is not a setting: noise and the price of control fix it. Twice the noise makes control twice as
much a matter of waiting and seeing. J is a cost-to-go, so J = -V in the symbols of the rest of the course.
"""

from softopt.control.path_integral.diffusion import Diffusion, Rollout, roll_out
from softopt.control.path_integral.linear_quadratic import LinearQuadratic
from softopt.control.path_integral.sampled import Estimate, estimate
from softopt.control.path_integral.slits import Slits, Targets, symmetry_break

__all__ = [
    "Diffusion",
    "Estimate",
    "LinearQuadratic",
    "Rollout",
    "Slits",
    "Targets",
    "estimate",
    "roll_out",
    "symmetry_break",
]
