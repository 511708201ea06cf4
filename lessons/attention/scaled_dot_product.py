# %% [markdown]
# # The size of a coincidence
#
# Every attention layer compares a query with many keys, and before it trusts the comparison it divides the
# result by a number. The paper that introduced the layer gives the reason in a footnote. Two long vectors that have *nothing to do with each other* still have a dot product, and the
# longer they are, the larger that accident becomes. A softmax takes large numbers for strong opinions.
#
# In this notebook you work out how large the accident is, watch it happen, and choose the divisor yourself.
#
# The question is the footnote 4 of Vaswani et al., *Attention Is All You Need* (2017, arXiv:1706.03762).

# %% [markdown]
# ## The words and the letters
#
# A **query** $q$ and a **key** $k$ are vectors of $d$ numbers, their coordinates. Their **score** is the dot
# product $q \cdot k = q_1 k_1 + \dots + q_d k_d$. Both are random and independent of each other, and all their
# coordinates are independent and normal:
#
# $$q \sim N(\mu, \sigma^2 I), \qquad k \sim N(\mu, \sigma^2 I).$$
#
# | name | axes | meaning |
# |---|---|---|
# | `mu` | `... d` | the mean **vector**: coordinate $i$ has mean $\mu_i$, and these may all differ |
# | `sigma` | a number | the standard deviation of every coordinate |
# | `query` | `n d` | one query a row |
# | `key` | `m d` | one key a row |
# | `scores` | `n m` | one row for each query, one column for each key |
#
# Cells marked read-only prepare things. Run the first one now.

# %% locked="setup"
import math

import torch

from coursekit.blanks import BLANK, ____
from coursekit.figures import scaled_dot_product as figures
from coursekit.visible import scaled_dot_product as visible

# %% [markdown]
# Wherever you see `____`, put your answer in its place. Formulas are entered as text, in quotes, much as you
# would write them in an e-mail: `"3 sigma/d"`, `"log(2 d)"` and LaTeX are all read, and the cell below each
# answer shows how yours was understood. For the squared length of a vector $v$ you may write `"||v||^2"`,
# `"v.v"` or `"sum_i v_i^2"`; a bare `"v^2"` is not taken for it, since a vector has no single square. Whether an
# answer is right is decided when the notebook is graded.
#
# ## (a) The mean of a score
#
# Start with one term, $q_i k_i$. Its two factors are independent, and that settles its mean. Then add up $d$
# such terms. What is $\mathbb{E}[q \cdot k]$, in terms of $\mu$, $\sigma$ and $d$? **(2 points)**

# %% solution="a"
mean_of_score = BLANK("||mu||^2")

# %% graded="a" points=2 spec="A1a" kind="formula"
visible.a(mean_of_score)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_a(mean_of_score, points=2)
### END HIDDEN TESTS

# %% [markdown]
# A formula is best understood with numbers in it. Take $\mu = (1, -2, 3)$ and $\sigma = 2$. What is the mean of
# $q \cdot k$ now? **(1 point)**

# %% solution="a_instance"
mean_in_example = BLANK(14)

# %% graded="a_instance" points=1 spec="A1a.instance" kind="number"
visible.a_instance(mean_in_example)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_a_instance(mean_in_example)
### END HIDDEN TESTS

# %% [markdown]
# And as a function. `mu` may have any number of leading axes: each row along the last axis is a mean vector of
# its own and gets a number of its own. `sigma` is an argument because a caller does not know yet whether it
# matters. **(2 points)**

# %% solution="a_function"
def mean_dot(mu, sigma):
    """Return E[q·k]: one number for each vector along the last axis of mu."""
    return BLANK((mu**2).sum(dim=-1))


# %% [markdown]
# The check below tries two mean vectors, $(3, 4)$ and one of zeros, each with two values of sigma. Work out what
# you expect for them before you run it.

# %% graded="a_function" points=2 spec="A1a.function" kind="function"
visible.a_function(mean_dot)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_a_function(mean_dot)
### END HIDDEN TESTS

# %% [markdown]
# ## (b) The spread of a score
#
# The mean says where the scores lie when the vectors have something in common. The accident is in their
# spread. From here on, and until further notice, let $\mu = 0$ and $\sigma = 1$: vectors that know nothing of
# each other. What is $\mathrm{Var}(q \cdot k)$, in terms of $d$? **(1 point)**

# %% solution="b"
variance_of_score = BLANK("d")

# %% graded="b" points=1 spec="A1b" kind="formula"
visible.b(variance_of_score)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_b(variance_of_score)
### END HIDDEN TESTS

# %% [markdown]
# Before you go on, see whether the world agrees. The next cell draws twenty thousand pairs of vectors for each
# of three lengths. Complete the function that measures them: the dot product of each query with the key *in the
# same row*, then the mean and the variance of these numbers. The variance is the unbiased one, with $n - 1$ in
# its denominator, because the mean was estimated from the same numbers. **(2 points)**

# %% locked="draws"
generator = torch.Generator().manual_seed(1706)
widths = [4, 64, 1024]
queries = {d: torch.randn(20_000, d, generator=generator) for d in widths}
keys = {d: torch.randn(20_000, d, generator=generator) for d in widths}


# %% solution="monte_carlo"
def moments(query, key):
    """Return two numbers: the mean and the unbiased variance of the n dot products of matching rows."""
    ### BEGIN SOLUTION
    products = (query * key).sum(dim=-1)
    return products.mean(), products.var()
    ### END SOLUTION


# %% [markdown]
# The check uses three pairs of vectors whose dot products are 1, 2 and 6: mean 3, variance 7.

# %% graded="monte_carlo" points=2 spec="A1b" kind="function"
visible.monte_carlo(moments)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_monte_carlo(moments)
### END HIDDEN TESTS

# %% draw="measured"
for d in widths:
    mean, variance = moments(queries[d], keys[d])
    print(f"d = {d:4}: measured mean {mean:7.3f}, measured variance {variance:8.2f}")

# %% [markdown]
# Read the three lines. The means are near zero, measured by the spread of the scores: twenty thousand draws pin a
# mean down to less than a hundredth of that spread. Put the variances beside your formula: they should agree to about one part in a hundred.
# If they do not, one of the two is wrong, and nobody has to tell you that.

# %% draw="histogram"
figures.histograms({d: (queries[d] * keys[d]).sum(dim=-1) for d in widths}, "q·k")

# %% [markdown]
# In the figure the curve for $d = 4$ is a needle and the curve for $d = 1024$ is hardly there: its scores are
# spread over a hundred units and more. None of these vectors has anything to do with any other. A layer that
# reads a score of 60 as "this key, and no other" has been fooled by arithmetic.
#
# Now let the means come back. For general $\mu$ and $\sigma$, what is $\mathrm{Var}(q \cdot k)$? Work on one
# coordinate first: $\mathbb{E}[q_i^2 k_i^2] - (\mathbb{E}[q_i k_i])^2$. **(2 points)**

# %% solution="b_general"
variance_in_general = BLANK("d sigma^4 + 2 sigma^2 ||mu||^2")

# %% graded="b_general" points=2 spec="A1b.general" kind="formula"
visible.b_general(variance_in_general)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_b_general(variance_in_general)
### END HIDDEN TESTS

# %% [markdown]
# The example again, $\mu = (1, -2, 3)$ and $\sigma = 2$: what is the variance of $q \cdot k$? **(1 point)**

# %% solution="b_instance"
variance_in_example = BLANK(160)

# %% graded="b_instance" points=1 spec="A1b.general" kind="number"
visible.b_instance(variance_in_example)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_b_instance(variance_in_example)
### END HIDDEN TESTS

# %% [markdown]
# And as a function with the same arguments as `mean_dot`. **(2 points)**

# %% solution="b_function"
def variance_dot(mu, sigma):
    """Return Var[q·k]: one number for each vector along the last axis of mu."""
    ### BEGIN SOLUTION
    d = mu.shape[-1]
    return d * sigma**4 + 2 * sigma**2 * (mu**2).sum(dim=-1)
    ### END SOLUTION


# %% graded="b_function" points=2 spec="A1b.general" kind="function"
visible.b_function(variance_dot)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_b_function(variance_dot)
### END HIDDEN TESTS

# %% [markdown]
# ## (c) The divisor
#
# Back to $\mu = 0$ and $\sigma = 1$. Find the positive number $s$ for which $(q \cdot k) / s$ has mean 0 and
# variance 1. Note where $s$ stands: it *divides*. **(1 point)**

# %% solution="c"
divisor = BLANK("sqrt(d)")

# %% graded="c" points=1 spec="A1c" kind="formula"
visible.c(divisor)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_c(divisor)
### END HIDDEN TESTS

# %% [markdown]
# With it, write the scores of an attention layer: every query against every key, divided by your $s$. There may
# be leading axes, such as a batch, which queries and keys share. Stay with operations of torch: in a layer,
# gradients have to find their way back through the scores. **(2 points)**

# %% solution="c_function"
def scaled_scores(query, key):
    """Return the scaled scores, shape (..., n, m), of queries (..., n, d) and keys (..., m, d)."""
    return BLANK(query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1]))


# %% graded="c_function" points=2 spec="A1c" kind="function"
visible.c_function(scaled_scores)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_c_function(scaled_scores)
### END HIDDEN TESTS

# %% draw="scaled-histogram"
figures.histograms({d: scaled_scores(queries[d][:200], keys[d][:200]) for d in widths}, "your scaled score")

# %% [markdown]
# In your figure the three curves should be equally wide, within the noise of forty thousand pairs. If one is still
# wider than the others, your divisor does not grow with $d$ as it should. (The curve for $d = 4$ is a little more
# pointed: the sum of four products is not quite normal yet. Its variance is the same.)
#
# ## What the softmax makes of it
#
# A softmax turns the scores of one query into weights that add up to one. How decided it is can be put in a
# number, the **entropy** $H = -\sum_j p_j \log p_j$ of the weights, in nats (natural logarithm). It is
# $\log m$ when all $m$ keys get the same weight, and 0 when one key gets everything.
#
# Write it for scores of any size. A weight that is too small for a floating-point number becomes exactly 0, and
# the logarithm of 0 is not a number you want; yet $p \log p$ goes to 0. The check tries scores as far apart as
# 1000 and -1000. **(2 points)**

# %% solution="entropy"
def entropy(scores):
    """Return the entropy, in nats, of the softmax over the last axis."""
    ### BEGIN SOLUTION
    log_weights = scores.log_softmax(dim=-1)
    return -(log_weights.exp() * log_weights).sum(dim=-1)
    ### END SOLUTION


# %% graded="entropy" points=2 spec="A1c" kind="function"
visible.entropy(entropy)
### BEGIN HIDDEN TESTS
from utils.checks import scaled_dot_product as checks

checks.check_entropy(entropy)
### END HIDDEN TESTS

# %% [markdown]
# Now commit yourself. Sixteen keys, none of them related to the query. Undecided, the softmax would have an
# entropy of $\log 16 = 2.77$ nats. What is it, on average, for vectors of length $d = 1024$, *without* the
# divisor? Put your guess into the cell, then run it.

# %% draw="entropy-curve"
guess = None  # your prediction in nats, a number between 0 and 2.77
scores = {d: queries[d][:400] @ keys[d][:16].T for d in widths}
unscaled = {d: entropy(s).mean().item() for d, s in scores.items()}
scaled = {d: entropy(scaled_scores(queries[d][:400], keys[d][:16])).mean().item() for d in widths}
figures.entropies(unscaled, scaled, keys=16, guess=guess)

# %% [markdown]
# The solid curve in your figure falls from about one and a half nats to about a tenth of a nat. At $d = 1024$ the
# softmax puts almost all its weight on one of sixteen keys, and it has no reason to: the keys are noise. The
# dashed curve, with your divisor, hardly moves: it stays a little below the dotted line, whatever $d$ is.
#
# One number hides much. Look at the weights themselves, sorted for each query and averaged over four hundred of
# them. Move the slider, with the mouse or the arrow keys, and let the vectors grow from 2 coordinates to 1024.
# (When you open the notebook again later, run the cell again to get the slider back.)

# %% draw="sharpness"
figures.sharpness(scaled_scores, queries[1024], keys[1024])

# %% [markdown]
# In your figure the solid curve leans further to the left as $d$ grows, until the first key has nearly everything.
# Which key comes first is an accident of the draw. The dashed curve stays where it is: with your divisor a longer
# vector is no louder.
#
# There is a second harm, which a picture of the forward pass does not show. The derivative of a weight $p_j$
# with respect to its own score is $p_j (1 - p_j)$.
#
# **In your own words:** what does this derivative become when the softmax has decided, and what does that mean
# for a network that starts training with $d = 1024$ and no divisor? Three sentences are enough. **(2 points,
# read by a person)**

# %% [markdown] written="saturation" points=2 spec="A1c" kind="written"
# ### BEGIN SOLUTION
# When one weight is near 1 and the others near 0, every product p(1 - p) is near 0, so hardly any gradient flows
# back through the softmax to the queries and keys. The network starts with confident choices that are accidents
# of its initial weights, and the signal that could correct them is almost gone. Dividing by the square root of d
# keeps the scores of order one at the start, where the softmax still has a slope.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: the derivative goes to zero for a decided softmax (near 0 and near 1 alike).
#
# 1 point: the consequence for training: the choice is arbitrary at the start and can hardly be unlearned.
#
# No points for "the numbers get too large" alone: nothing overflows here.
# ### END MARK SCHEME

# %% [markdown]
# ## What surprised us
#
# The divisor has nothing to do with the data, the task or the size of the model. It is the size of a
# coincidence between two vectors of $d$ independent coordinates, normal or not: only their means and variances
# were used. It makes the spread of the scores right, and not their shape: for small $d$ they are not normal, as
# the pointed curve showed.
#
# What we did not show: that trained queries and keys stay independent. They do not, and should not; attention is
# the art of making them depend on each other. The divisor sets the scale at the start of training, where
# independence is a fair description. Later, layers learn the scale of their own scores through the lengths of
# queries and keys.
#
# Where to read on: Vaswani et al. (2017, arXiv:1706.03762), section 3.2.1, for the layer itself. Yang et al.
# (2022, *Tensor Programs V*, arXiv:2203.03466) argue for another divisor when $d$ is large, because after
# training queries and keys are correlated: then it is the mean of (a) that grows, not only the spread of (b).
