"""Path-integral control from sampled paths: one weight a path."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.special import softmax

from softopt.exercises.cases import one_decimal
from softopt.exercises.exercise import Case, Exercise, misconception
from softopt.operators import mellowmax


def cases(generator: np.random.Generator) -> Iterator[Case]:
    """A handful of paths; noise and price of control never one; some costs too large for exp."""
    settings = ((2.0, 0.2, 0.5), (0.5, 3.0, 0.1), (4.0, 2.0, 0.2), (0.3, 0.5, 0.5))
    for paths in (2, 3, 5):
        for number, (noise, control_weight, step) in enumerate(settings):
            far = 0.0 if number < 3 else 500.0
            arguments = {
                "path_cost": one_decimal(generator.uniform(0, 3, paths)) + far,
                "first_noise": one_decimal(generator.normal(0, 1, paths)),
                "step": step,
                "noise": noise,
                "control_weight": control_weight,
            }
            yield Case(paths + (far > 0) * 10, arguments)


def reference(path_cost, first_noise, step, noise, control_weight):
    """J = -lambda log mean exp(-S / lambda) and u = sum w xi / dt, with lambda = R nu."""
    return _at(control_weight * noise)(path_cost, first_noise, step, noise, control_weight)


def _at(temperature):
    """The estimate at a given temperature."""

    def answer(path_cost, first_noise, step, noise, control_weight):
        weights = softmax(-path_cost / temperature)
        cost = -mellowmax(-path_cost, 1 / temperature)
        return np.array([cost, weights @ first_noise / step])

    return answer


def _replace(**changes):
    """The right answer with one of its two numbers changed, as functions of all arguments and the weights."""

    def answer(path_cost, first_noise, step, noise, control_weight):
        cost, control = reference(path_cost, first_noise, step, noise, control_weight)
        right = {"cost": cost, "control": control}
        given = (path_cost, first_noise, step, control_weight * noise)
        return np.array([changes[name](*given) if name in changes else right[name] for name in right])

    return answer


@misconception("a temperature of one's own", _at(0.5), _at(0.1))
def own_temperature(path_cost, first_noise, step, noise, control_weight):
    """The temperature has been chosen freely. In path-integral control it is not free: it is fixed by the noise and the
    price of control, and only at that one value does the Bellman equation become linear. Which product of `noise` and
    `control_weight` has the units of a cost?"""
    return _at(1.0)(path_cost, first_noise, step, noise, control_weight)


@misconception("the noise is not in the temperature")
def without_noise(path_cost, first_noise, step, noise, control_weight):
    """The temperature is the price of control here, and the noise has no say. But a noisy world does part of the moving
    for free: the more noise, the less is a cheap path worth paying for. Noise and price are one knob, λ = R ν."""
    return _at(control_weight)(path_cost, first_noise, step, noise, control_weight)


@misconception("the price is not in the temperature")
def without_price(path_cost, first_noise, step, noise, control_weight):
    """The temperature is the noise here, and the price of control has no say. Costs come in the units of
    `control_weight`; divided by `noise` alone they are no pure number, and cannot go into an exponent."""
    return _at(noise)(path_cost, first_noise, step, noise, control_weight)


@misconception("a quotient in place of the product", lambda *given: _at(given[4] / given[3])(*given))
def quotient(path_cost, first_noise, step, noise, control_weight):
    """Noise has been divided by the price of control, or the other way round. Both make the temperature rise: twice the
    price, or twice the noise, and a difference in cost counts half."""
    return _at(noise / control_weight)(path_cost, first_noise, step, noise, control_weight)


def _sum_for_mean(path_cost, first_noise, step, temperature):
    return -mellowmax(-path_cost, 1 / temperature) - temperature * np.log(path_cost.size)


@misconception("a sum over the paths in place of the mean")
def sum_for_mean(path_cost, first_noise, step, noise, control_weight):
    """Your J is λ log N too low. The sum of the weights grows with the number of paths; an expectation is their mean.
    The control does not notice, since its weights are normalised."""
    return _replace(cost=_sum_for_mean)(path_cost, first_noise, step, noise, control_weight)


@misconception("the mean cost of the paths")
def mean_cost(path_cost, first_noise, step, noise, control_weight):
    """This J is the mean cost of paths that nobody controls. The mean belongs inside the logarithm, over exp(−S / λ): a
    few good paths count for much, because control can follow them. Yours is an upper bound."""
    return _replace(cost=lambda s, xi, dt, t: s.mean())(path_cost, first_noise, step, noise, control_weight)


@misconception("the cheapest path alone")
def cheapest(path_cost, first_noise, step, noise, control_weight):
    """Only the cheapest path counts in your answer. That is the limit without noise. At this temperature the others
    carry weight as well, and the control is a vote among all of them."""
    best = np.argmin(path_cost)
    return np.array([path_cost[best], first_noise[best] / step])


@misconception("noise for control")
def not_divided(path_cost, first_noise, step, noise, control_weight):
    """J is right; the control is a displacement, not a rate. The noise of the first step adds up over its length
    `step`, and u is what would do the same: u · dt."""
    return _replace(control=lambda s, xi, dt, t: softmax(-s / t) @ xi)(
        path_cost, first_noise, step, noise, control_weight
    )


@misconception("every path alike")
def unweighted(path_cost, first_noise, step, noise, control_weight):
    """J is right, but the control is the plain mean of the noise, which is zero but for chance. Good paths have to pull
    harder: the weights that make J are the same that make u."""
    return _replace(control=lambda s, xi, dt, t: xi.mean() / dt)(path_cost, first_noise, step, noise, control_weight)


@misconception("against the good paths")
def wrong_way(path_cost, first_noise, step, noise, control_weight):
    """The control has the wrong sign. A good path shows which way to go, and the control goes there: minus the slope
    of J, but plus the weighted noise."""
    return _replace(control=lambda s, xi, dt, t: -softmax(-s / t) @ xi / dt)(
        path_cost, first_noise, step, noise, control_weight
    )


@misconception("the expensive paths win")
def expensive(path_cost, first_noise, step, noise, control_weight):
    """The more a path costs, the more it counts in your answer. The weight of a path is exp(−S / λ): check the sign in
    the exponent."""
    cost, control = reference(-path_cost, first_noise, step, noise, control_weight)
    return np.array([-cost, control])


@misconception("nothing subtracted before exp")
def underflow(path_cost, first_noise, step, noise, control_weight):
    """The formula is right, but where all paths are expensive every exp(−S / λ) is 0 in float64. The weights depend
    on differences alone, and J moves along with whatever is taken off all costs. Subtract something first."""
    weights = np.exp(-path_cost / (control_weight * noise))
    cost = -control_weight * noise * np.log(weights.mean())
    return np.array([cost, weights @ first_noise / weights.sum() / step])


exercise = Exercise(
    name="path_integral",
    title="control by counting paths",
    statement="""
        Write `my_path_integral(path_cost, first_noise, step, noise, control_weight)`. N paths of the *uncontrolled*
        diffusion dx = f dt + u dt + dξ with u = 0 were sampled from one state. You get the cost S of each, shape (N,),
        the noise ξ that each met in its first step, shape (N,), the length `step` of that step, the noise level ν and
        the weight R of the control cost R u² / 2. Return two numbers, an array [J, u]:

            J = −λ log( mean of exp(−S / λ) )        u = Σ_i w_i ξ_i / step        w_i ∝ exp(−S_i / λ),  Σ_i w_i = 1

        Nobody tells you λ. You have what you need to find it. Some of the costs are large; J is then large, not inf.
        """,
    reference=reference,
    cases=cases,
    hints=(
        """The temperature λ is where noise and the price of control meet: Kappen's condition, without which the Bellman
        equation would not be linear. The text above this exercise states it. There is one number to compute before
        anything else.""",
        """Take the smallest cost off all of them before exp, and add it to J at the end. `weights / weights.sum()` are
        the w_i, `weights.mean()` is inside the logarithm. The same `weights` serve both.""",
    ),
    minutes=10,
    difficulty=2,
    points=2,
    misconceptions=(
        own_temperature,
        without_noise,
        without_price,
        quotient,
        sum_for_mean,
        mean_cost,
        cheapest,
        not_divided,
        unweighted,
        wrong_way,
        expensive,
        underflow,
    ),
)
