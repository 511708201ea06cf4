"""Wrong and right answers to the exercises on gradients through hard attention, as a student writes them.

Each function uses only what the first cell of the notebook imports, so that its source can be pasted there.
"""

# Student code carries no annotations.
# ruff: noqa: D103 - each function is one answer; the table that names it says what it is

from __future__ import annotations

import torch
import torch.nn.functional as F

from utils.checks.check import Mistake

# ------------------------------------------------------------------------ leaf_gradients(q, K, V, upstream)


def leaves_zeros(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    output = V[:, (q @ K).argmax()]
    found = torch.autograd.grad(output, (q, K, V), upstream, materialize_grads=True, allow_unused=True)
    return {"q": found[0], "K": found[1], "V": found[2]}


def leaves_max_pooling(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    (V[:, (q @ K).argmax()] * (q @ K).max()).backward(upstream)
    return {"q": q.grad, "K": K.grad, "V": V.grad}


def leaves_infinite(q, K, V, upstream):
    gradient = torch.zeros_like(V)
    gradient[:, (q @ K).argmax()] = upstream
    return {"q": torch.full_like(q, torch.inf), "K": torch.full_like(K, torch.inf), "V": gradient}


def leaves_soft(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    (V @ (q @ K).softmax(dim=0)).backward(upstream)
    return {"q": q.grad, "K": K.grad, "V": V.grad}


def leaves_no_upstream(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    V[:, (q @ K).argmax()].sum().backward()
    return {"q": q.grad, "K": K.grad, "V": V.grad}


def leaves_mean(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    (V[:, (q @ K).argmax()] * upstream).mean().backward()
    return {"q": q.grad, "K": K.grad, "V": V.grad}


def leaves_every_value(q, K, V, upstream):
    return {"q": None, "K": None, "V": upstream[:, None].expand_as(V)}


def leaves_one_based(q, K, V, upstream):
    gradient = torch.zeros_like(V)
    gradient[:, (q @ K).argmax() + 1] = upstream
    return {"q": None, "K": None, "V": gradient}


def leaves_winner_only(q, K, V, upstream):
    return {"q": None, "K": None, "V": upstream.clone()}


def leaves_yes_or_no(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    V[:, (q @ K).argmax()].backward(upstream)
    return {"q": q.grad is not None, "K": K.grad is not None, "V": V.grad is not None}


def leaves_unasked(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    return {"q": q.grad, "K": K.grad, "V": V.grad}


def leaves_as_tuple(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    V[:, (q @ K).argmax()].backward(upstream)
    return q.grad, K.grad, V.grad


def leaves_values(q, K, V, upstream):
    return {"q": q, "K": K, "V": V}


def leaves_scores(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    output = V[:, (q @ K).argmax()]
    ((output * upstream).sum() + (q @ K).max()).backward()
    return {"q": q.grad, "K": K.grad, "V": V.grad}


LEAVES_MISTAKES = [
    Mistake("A2b-zero-not-none", leaves_zeros,
            "A gradient of zeros was filled in for you somewhere. Ask the leaves themselves what arrived."),
    Mistake("A2b-nothing-trains", leaves_unasked,
            "Nothing arrived anywhere. Was anything sent back? Does the output depend on none of the three?"),
    Mistake("A2b-like-max", leaves_max_pooling,
            "In your layer the best score is a factor of the output. Is it one in hard attention?"),
    Mistake("A2b-infinite-gradient", leaves_infinite,
            "Move q by a millionth and look at the output. Does it jump, or stay where it is?"),
    Mistake("A2b-soft-layer", leaves_soft,
            "These are the gradients of a layer in which every value has a weight."),
    Mistake("A2b-upstream-ignored", leaves_no_upstream,
            "You started the backward pass with ones. What arrives at the output is an argument."),
    Mistake("A2b-mean-of-output", leaves_mean,
            "Your gradients get smaller as values get longer: is there a mean in them?"),
    Mistake("A2b-every-value", leaves_every_value, "A value that was not read cannot change the output."),
    Mistake("A2a-index-base", leaves_one_based, "Is the column that you fill the one that was read?"),
    Mistake("A2b-winner-only", leaves_winner_only, "The gradient of a leaf has the shape of the leaf."),
    Mistake("A2b-yes-or-no", leaves_yes_or_no, "Report what arrived, not only whether something did."),
    Mistake("A2b-a-tuple", leaves_as_tuple,
            "The numbers may be right; give each its name, as the docstring asks."),
    Mistake("A2b-leaves-themselves", leaves_values,
            "You hand back the leaves. What arrived at them is asked for."),
    Mistake("A2b-score-in-loss", leaves_scores, "Besides the output, a score enters what you differentiate."),
]


def leaves_backward(q, K, V, upstream):
    leaves = {"q": q.clone(), "K": K.clone(), "V": V.clone()}
    for leaf in leaves.values():
        leaf.requires_grad_()
    output = leaves["V"][:, (leaves["q"] @ leaves["K"]).argmax()]
    (output * upstream).sum().backward()
    return {name: leaf.grad for name, leaf in leaves.items()}


def leaves_einsum(q, K, V, upstream):
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    winner = torch.einsum("d, d m -> m", q, K).argmax()
    output = torch.einsum("v m, m -> v", V, F.one_hot(winner, V.shape[1]).to(V.dtype))
    torch.einsum("v, v ->", output, upstream).backward()
    return {"q": q.grad, "K": K.grad, "V": V.grad}


def leaves_library(q, K, V, upstream):
    leaves = [leaf.detach().clone().requires_grad_() for leaf in (q, K, V)]
    output = leaves[2].index_select(1, (leaves[0] @ leaves[1]).argmax()[None])[:, 0]
    found = torch.autograd.grad(output, leaves, grad_outputs=upstream, allow_unused=True)
    return {"V": found[2], "K": found[1], "q": found[0]}


def leaves_loop(q, K, V, upstream):
    report = {}
    for name in ("q", "K", "V"):
        inputs = {"q": q.detach().clone(), "K": K.detach().clone(), "V": V.detach().clone()}
        leaf = inputs[name].requires_grad_()
        output = inputs["V"][:, (inputs["q"] @ inputs["K"]).argmax()]
        if output.requires_grad:
            output.backward(upstream)
        report[name] = leaf.grad
    return report


def leaves_in_place(q, K, V, upstream):
    gradient = torch.zeros_like(V)
    gradient[:, (q @ K).argmax()] += upstream
    return dict(q=None, K=None, V=gradient)


def leaves_in_double(q, K, V, upstream):
    wide = [leaf.detach().double().clone().requires_grad_() for leaf in (q, K, V)]
    wide[2][:, (wide[0] @ wide[1]).argmax()].backward(upstream.double())
    found = [None if leaf.grad is None else leaf.grad.to(V.dtype) for leaf in wide]
    return dict(zip(("q", "K", "V"), found, strict=True))


LEAVES_ALTERNATIVES = {
    "backward on a sum": leaves_backward,
    "einsum with one weight of 1": leaves_einsum,
    "torch.autograd.grad": leaves_library,
    "a loop, one leaf at a time": leaves_loop,
    "written down in place, without autograd": leaves_in_place,
    "another dtype inside": leaves_in_double,
}

# ----------------------------------------------------------------- straight_through(q, K, V, temperature)


def through_soft(q, K, V, temperature):
    return V @ (q @ K / temperature).softmax(dim=0)


def through_hard(q, K, V, temperature):
    return V[:, (q @ K).argmax()]


def through_output(q, K, V, temperature):
    soft = V @ (q @ K / temperature).softmax(dim=0)
    return soft + (V[:, (q @ K).argmax()] - soft).detach()


def through_no_detach(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (soft + (hard - soft))


def through_wrong_detach(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (soft.detach() + (hard - soft))


def through_no_temperature(q, K, V, temperature):
    soft = (q @ K).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (soft + (hard - soft).detach())


def through_multiplies(q, K, V, temperature):
    soft = (q @ K * temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (soft + (hard - soft).detach())


def through_scores(q, K, V, temperature):
    scores = q @ K / temperature
    hard = F.one_hot(scores.argmax(), len(scores)).to(scores)
    return V @ (scores + (hard - scores).detach())


def through_winner_only(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (hard * (soft + (1 - soft).detach()))


def through_values_cut_off(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V.detach() @ (soft + (hard - soft).detach())


def through_all_cut_off(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return (V @ (soft + (hard - soft))).detach()


def through_overflows(q, K, V, temperature):
    parts = (q @ K / temperature).exp()
    soft = parts / parts.sum()
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (soft + (hard - soft).detach())


def through_sum(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft)
    return V @ (soft + hard)


THROUGH_MISTAKES = [
    Mistake("A2a-softmax", through_soft,
            "Going forward, exactly one value should come out. Which ones are in yours?"),
    Mistake("A2b-still-cut", through_hard,
            "Going forward all is well. What reaches the query on the way back?"),
    Mistake("A2b-output-level", through_output,
            "The detour is taken around the output. Taken around the weights, what would V receive?"),
    Mistake("A2b-no-detach", through_no_detach,
            "The soft weights cancel, and so do their gradients. Which part must not be followed back?"),
    Mistake("A2b-wrong-detach", through_wrong_detach,
            "Follow the sign: which way does a step against your gradient move the query?"),
    Mistake("A2b-temperature-ignored", through_no_temperature,
            "Your gradient is the same at every temperature."),
    Mistake("A2b-temperature-multiplies", through_multiplies,
            "Should the stand-in get sharper or softer as the temperature rises?"),
    Mistake("A2b-through-scores", through_scores,
            "Going back, the softmax is skipped. Which weights should stand in for the hard ones?"),
    Mistake("A2b-winner-only", through_winner_only,
            "Only the winner's weight passes a gradient; the other keys have something to say too."),
    Mistake("A2b-values-cut-off", through_values_cut_off,
            "The values have stopped learning, and they were never the problem."),
    Mistake("A2b-nothing-trains", through_all_cut_off,
            "Nothing at all is followed back. Which single term should be left out on the way?"),
    Mistake("A2a-overflow", through_overflows,
            "When it is cold, exp leaves the range of a float here, too. How did the soft layer avoid that?"),
    Mistake("A2b-sum-of-weights", through_sum, "Add up your weights. What should the sum be?"),
]


def through_gumbel_form(q, K, V, temperature):
    soft = F.softmax(q @ K / temperature, dim=-1)
    hard = torch.zeros_like(soft).scatter(0, soft.argmax(dim=0, keepdim=True), 1.0)
    return V @ (hard - soft.detach() + soft)


def through_einsum(q, K, V, temperature):
    scores = torch.einsum("d, d m -> m", q, K)
    soft = (scores / temperature).softmax(dim=0)
    gap = F.one_hot(scores.argmax(), len(scores)).to(soft) - soft
    return torch.einsum("v m, m -> v", V, soft) + torch.einsum("v m, m -> v", V, gap.detach())


def through_loop(q, K, V, temperature):
    scores = [(q * key).sum() for key in K.T]
    soft = torch.softmax(torch.stack(scores) / temperature, dim=0)
    best = max(range(len(scores)), key=lambda m: float(scores[m].detach()))
    output = torch.zeros_like(V[:, 0])
    for m in range(len(scores)):
        weight = soft[m] - soft[m].detach() + (1 if m == best else 0)
        output = output + weight * V[:, m]
    return output


def through_own_backward(q, K, V, temperature):
    class Harden(torch.autograd.Function):
        @staticmethod
        def forward(ctx, soft):
            return F.one_hot(soft.argmax(), len(soft)).to(soft)

        @staticmethod
        def backward(ctx, gradient):
            return gradient

    return V @ Harden.apply((q @ K / temperature).softmax(dim=0))


def through_in_place(q, K, V, temperature):
    soft = (q @ K).div_(temperature).softmax(dim=0)
    rest = -soft.detach()
    rest[soft.argmax()] += 1
    return V @ rest.add_(soft)


def through_in_double(q, K, V, temperature):
    soft = (q.double() @ K.double() / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).double()
    return (V.double() @ (soft + (hard - soft).detach())).to(V.dtype)


def through_two_terms(q, K, V, temperature):
    soft = (q @ K / temperature).softmax(dim=0)
    values = V.detach()
    return V[:, soft.argmax()] + values @ (soft - soft.detach())


THROUGH_ALTERNATIVES = {
    "as in gumbel_softmax(hard=True)": through_gumbel_form,
    "einsum, two sums": through_einsum,
    "a loop over the keys": through_loop,
    "an autograd function of one's own": through_own_backward,
    "in place on its own numbers": through_in_place,
    "another dtype inside": through_in_double,
    "a copied value and a term that is zero": through_two_terms,
}
