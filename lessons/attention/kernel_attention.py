# %% [markdown]
# # A similarity that factors
#
# Softmax attention looks at every pair of positions. Ten thousand positions make a hundred million pairs,
# per head and per layer, and that is why long texts are expensive. The exponential is to blame, in a way:
# it ties each query to each key inside one function that cannot be pulled apart. So what if we chose
# another function, one that *can* be pulled apart?
#
# That is the idea of *Transformers are RNNs* by Katharopoulos, Vyas, Pappas and Fleuret (2020). They look
# at attention as Tsai and others did a year before (*Transformer Dissection*, 2019): each output is an
# average of the values, weighted by a **similarity** of a query and a key. Any similarity will do as long
# as the average exists. Some of them can be computed without looking at a single pair.
#
# In this notebook you will find out when such an average exists, choose a similarity, take it apart into
# *features*, put the parts together in a better order, and count what that saves. There are 37 points.

# %% [markdown]
# ## Names and axes
#
# One sequence, one head. Capital letters are whole matrices, a row for each position.
#
# | name | axes | meaning |
# |---|---|---|
# | $x$ | `N F` | the sequence, $N$ positions |
# | $Q = xW_Q$, $K = xW_K$ | `N D` | queries and keys |
# | $V = xW_V$ | `N M` | values; $M$ need not be $D$ |
# | $\mathrm{sim}(q, k)$ | | a number for a query and a key |
# | $\varphi(x)$ | `D` to `P` | a feature map: one vector of $P$ features for one row |
# | $V'$ | `N M` | the output of attention |
#
# A layer adds its attention to its input, $T(x) = f(A(x) + x)$, and $A$ is all we look at. With the row
# index $i$ for the query and $j$ for the keys, attention in general is
#
# $$V'_i = \frac{\sum_j \mathrm{sim}(Q_i, K_j)\, V_j}{\sum_j \mathrm{sim}(Q_i, K_j)} \qquad (G)$$
#
# Softmax attention is the case $\mathrm{sim}(q, k) = \exp(q \cdot k / \sqrt{D})$. Here it is, in two
# products:

# %% locked="setup"
import math

import torch

from coursekit.blanks import BLANK, ____
from coursekit.figures import kernel_attention as figures
from coursekit.visible import kernel_attention as visible


def softmax_attention(Q, K, V):
    """Return softmax(Q Kᵀ / sqrt(D)) V: `N M`, for queries and keys `N D` and values `N M`."""
    weights = (Q @ K.T / math.sqrt(Q.shape[1])).softmax(dim=-1)
    return weights @ V

# %% [markdown]
# ## When does the average exist?
#
# An exponential is positive, so softmax attention never divides by zero. If we are free to choose `sim`, we
# have to take care of that ourselves. Play with the four similarities below: one query, four keys, each
# with a single number as its value. Make the output large, then infinite, and watch what the similarities
# have in common when you do.

# %% draw="four-similarities"
similarities = torch.tensor([3.0, -1.0, 0.5, 2.0])
four_values = torch.tensor([1.0, 2.0, 3.0, 4.0])
print("output:", (similarities @ four_values / similarities.sum()).item())

# %% [markdown]
# Did a negative similarity alone do any harm?
#
# **The minimal condition (2 points).** All numbers are finite. Which of these is the *minimal* condition
# for every $V'_i$ in $(G)$ to be finite? Minimal means that it is enough, and that every `sim` for which
# all denominators are usable satisfies it. A condition that is enough, but asks for more than is needed,
# earns half.
#
# - `a`: $\mathrm{sim}(Q_i, K_j) > 0$ for every pair $i, j$
# - `b`: $\mathrm{sim}(Q_i, K_j) \ge 0$ for every pair, and for every $i$ some $j$ has
#   $\mathrm{sim}(Q_i, K_j) > 0$
# - `c`: for every $i$ some $j$ has $\mathrm{sim}(Q_i, K_j) \ne 0$
# - `d`: `sim` is a positive-definite kernel: no matrix of its values has a negative eigenvalue
# - `e`: for every $i$ the sum over all $j$ of $\mathrm{sim}(Q_i, K_j)$ is not 0
# - `f`: $\mathrm{sim}(Q_i, K_j) \ne 0$ for every pair $i, j$
#
# Enter the letter, in quotes.

# %% solution="a"
minimal_condition = BLANK("e")

# %% graded="a" points=2 spec="A6a" kind="choice"
visible.a(minimal_condition)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_a(minimal_condition, points=2)
### END HIDDEN TESTS

# %% [markdown]
# **Is a square safe? (2 points)** A tempting way to keep similarities from going negative is to square
# them. Take $\mathrm{sim}(q, k) = (q \cdot k)^2$, a query that is not the zero vector, and any number of
# keys. Can its denominator be zero? One of these answers is right, and another is on the right track and
# worth half.
#
# - `a`: Never: squares are not negative, so their sum is positive for every query.
# - `b`: Only for keys that are all zero; any other key makes the sum positive for every query.
# - `c`: Yes: a similarity of one sign cancels one of the other sign.
# - `d`: Yes: a query that is not zero can be orthogonal to all keys, and then every term is zero.
#
# If you are not sure, draw two keys in the plane, both on one line through the origin, and turn a query
# around them.

# %% solution="a_squares"
squared_kernel = BLANK("d")

# %% graded="a_squares" points=2 spec="A6a" kind="choice"
visible.a_squares(squared_kernel)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_a_squares(squared_kernel, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## A kernel of degree two
#
# Which similarity shall we take? The polynomial kernels are the classical choice. A polynomial kernel takes
# the inner product of its two vectors, possibly scaled, shifts it by a constant, and raises the result to a
# power: the degree.
#
# **The quadratic kernel (2 points).** Write down the polynomial kernel of degree *two* with **all constants
# set to one**, the shift included. Use the letter $s$ for $q \cdot k$; `q.k` and `q^T k` are understood
# too, and so are powers written as `^2` or `**2`. Expanded and factored forms are equally welcome.

# %% solution="b_kernel"
quadratic_kernel = BLANK("(s + 1)^2")

# %% graded="b_kernel" points=2 spec="A6bi" kind="formula"
visible.b_kernel(quadratic_kernel)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_b_kernel(quadratic_kernel)
### END HIDDEN TESTS

# %% [markdown]
# ## Taking it apart
#
# A kernel *factors* if there is a map $\varphi$ with $\mathrm{sim}(q, k) = \varphi(q) \cdot \varphi(k)$.
# The map sees one vector at a time: it has to say everything about $q$ that any key could ever ask for.
# Your quadratic kernel is a polynomial in the entries of two vectors, so expanding it brings such a map to
# light. Begin with $D = 1$, then $D = 2$; watch which products of entries occur, and how often. A number
# that multiplies a product of the two sides must be shared between them.
#
# **The feature map (4 points).** Write `feature_map(x)`, which applies $\varphi$ to the last axis of `x`: a
# row of $D$ numbers becomes a row of $P$ features. Any number of axes may stand in front. Every map with
# the right inner products is right, whatever its order, its signs, or its width. Keep the dtype of `x`, and
# let gradients through.

# %% solution="b_map"
def feature_map(x):
    """Return phi of every row of x: axes `... D` in, `... P` out."""
    ### BEGIN SOLUTION
    i, j = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    mixed = math.sqrt(2) * x[..., i] * x[..., j]
    return torch.cat([torch.ones_like(x[..., :1]), math.sqrt(2) * x, x**2, mixed], dim=-1)
    ### END SOLUTION

# %% [markdown]
# Three things can be checked without knowing the kernel's formula. A row must be mapped the same alone and
# among others. Your kernel sees $x$ and $y$ only through $x \cdot y$, so two pairs with the same inner
# product must have the same similarity, and long vectors show whether your constants are as precise as
# `x`. And since all constants are one, two zero vectors have similarity one.

# %% graded="b_map" points=4 spec="A6bii.map" kind="function"
visible.b_map(feature_map)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_b_map(feature_map)
### END HIDDEN TESTS

# %% [markdown]
# How does your kernel differ from the exponential? Take a query of length one and turn a key of length one
# away from it, from the same direction (0 degrees) to the opposite one (180 degrees). Both curves are
# divided by their value at 0.

# %% draw="kernel-profile"
figures.kernel_profile(feature_map)

# %% [markdown]
# In your figure the two curves are near each other for small angles, and part where the vectors disagree.
# The exponential never lets a key go entirely: exactly opposite, it keeps $e^{-2}$, about 14 percent. Read
# off what yours keeps there. For longer vectors the picture changes more: the exponential explodes where
# the polynomial only grows, and the polynomial *rises again* once $q \cdot k$ has fallen far enough. A very
# wrong key can look like a right one. Where is that point?

# %% [markdown]
# **How wide must it be? (2 points)** You may have seen that several maps of different widths do the same
# work. What is the *least* number of features $P$ of a map for your quadratic kernel, for vectors of any
# length $D$? Give the exact formula in `D`, written with sums, products, quotients and powers. The leading
# term alone earns half.

# %% solution="b_dimension"
least_width = BLANK("(D + 1)(D + 2)/2")

# %% graded="b_dimension" points=2 spec="A6bii.dim" kind="formula"
visible.b_dimension(least_width)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_b_dimension(least_width, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## One query, any feature map
#
# From here on the map is an argument: `phi` is a function that turns rows of $D$ numbers into rows of $P$
# features, and your code must work for whatever map it is given. Besides yours there is, for instance,
# `visible.positive_features`, which is $\mathrm{elu}(x) + 1$ for each entry. It is the choice of the paper,
# as wide as its input, and always positive.
#
# **Attention through features (3 points).** Put $\mathrm{sim}(q, k) = \varphi(q) \cdot \varphi(k)$ into
# $(G)$ and write the output for *one* query. In which order you do it is up to you for now. Nothing may be
# added to the denominator, however small: choosing a `sim` that keeps it away from zero is the business of
# whoever chooses `phi`. It may well be negative. Code that is right but for a small constant added to the
# denominator, or for a fixed dtype, earns half.
#
# | argument | axes | |
# |---|---|---|
# | `query` | `D` | one row of $Q$ |
# | `K`, `V` | `N D`, `N M` | all keys and values |
# | `phi` | | a feature map, called as `phi(K)` or `phi(query)` |

# %% solution="b_rewrite"
def attend(query, K, V, phi):
    """Return the output for one query: axes `M`."""
    ### BEGIN SOLUTION
    similarity = phi(K) @ phi(query)
    return similarity @ V / similarity.sum()
    ### END SOLUTION

# %% [markdown]
# By hand: if all values are the same vector, every weighted average of them is that vector. And for two
# keys whose features meet those of the query in the similarities 4 and 7, the values count four and seven
# elevenths.

# %% graded="b_rewrite" points=3 spec="A6biii" kind="function"
visible.b_rewrite(attend)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_b_rewrite(attend, points=3)
### END HIDDEN TESTS

# %% [markdown]
# ## What softmax attention costs
#
# Before we change the order of anything, a look at the bill as it stands. Count for the function
# `softmax_attention` at the top, for all $N$ queries, in the letters $N$, $D$ and $M$. Nothing is known
# about which of them is large. Products are charged one multiply-add per entry of the result and index
# summed over; the answer is asked up to constant factors. Write it like `a^3 + 2 a b` with the letters of
# this notebook; `max` and $O(\ldots)$ are fine too. An answer that is right only under some common
# assumption about the sizes may earn half.
#
# **Time (2 points).** How does the work of softmax attention grow?

# %% solution="c_time"
softmax_time = BLANK("N^2 D + N^2 M")

# %% graded="c_time" points=2 spec="A6c.time" kind="big_o"
visible.c_time(softmax_time)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_c_time(softmax_time, points=2)
### END HIDDEN TESTS

# %% [markdown]
# **Memory (2 points).** In training, whatever the backward pass will need has to be kept from the forward
# pass. *Note: count every intermediate result that is kept, and count $Q$, $K$ and $V$ among them.* Think
# of the derivative of each step, and of what it mentions.

# %% solution="c_memory"
softmax_memory = BLANK("N^2 + N D + N M")

# %% graded="c_memory" points=2 spec="A6c.space" kind="big_o"
visible.c_memory(softmax_memory)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_c_memory(softmax_memory, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## The better order
#
# With features, numerator and denominator of $(G)$ are sums over $j$ of products in which three things
# meet: features of the query, features of a key, and, above the line, a value. In your `attend`, which two
# of them met first? Products of matrices may be bracketed either way: $(AB)C = A(BC)$ are the same numbers,
# and seldom the same work. One of the two ways leaves the letter $i$ out of a bracket altogether. What does
# that mean for how often that bracket must be computed, when there are $N$ queries?
#
# **Linear attention (6 points).** Write attention with $\mathrm{sim}(q, k) = \varphi(q) \cdot \varphi(k)$
# for all queries at once, in the order that makes it linear in $N$. Two things are tested besides the
# numbers. No tensor may have a row and a column per position, and the work may only double when $N$
# doubles. And the denominator is left alone: no constant is added to it, and nothing in the code fixes a
# dtype. Code that is right except for a small constant added there, or for a fixed dtype, earns half.

# %% solution="linear_attention"
def linear_attention(Q, K, V, phi):
    """Return attention with similarity phi(q)·phi(k): axes `N M`, for Q and K `N D` and V `N M`."""
    ### BEGIN SOLUTION
    queries, keys = phi(Q), phi(K)
    state, mass = keys.T @ V, keys.sum(0)
    return queries @ state / (queries @ mass)[:, None]
    ### END SOLUTION

# %% graded="linear_attention" points=6 spec="A6p" kind="function"
visible.linear_attention(linear_attention)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_linear_attention(linear_attention, points=6)
### END HIDDEN TESTS

# %% [markdown]
# **Your claim (2 points).** Before anything is measured, read your own `linear_attention` and claim the
# order of its work in $N$, $D$ and $M$, for a map such as `visible.positive_features` whose features are as
# wide as its input ($P = D$). The claim is compared with what *your* code does when it is run and every
# operation counted; it is about the code you wrote, right or wrong. (If your code does not run at all, the
# claim is held against ours.)

# %% solution="claim"
claimed_work = BLANK("N D M")

# %% graded="claim" points=2 spec="A6p" kind="big_o"
visible.claim(claimed_work)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_claim(claimed_work, linear_attention)
### END HIDDEN TESTS

# %% [markdown]
# Now measure. The counter charges each product by its multiply-adds and everything else by the elements it
# touches. It does not look at a clock, so it gives the same numbers on any machine. On axes that are both
# logarithmic, a power of $N$ is a straight line and its exponent is the slope; your claim is drawn as a
# dotted line from the first point.

# %% draw="growth"
figures.growth(linear_attention, visible.positive_features, claimed_work)

# %% [markdown]
# In your figure the dotted line should run along the points of the work. If it leaves them, either the
# claim or the code is not what you think it is, and the slope in the legend tells you which. The peak of
# storage should have the same slope of one. A slope of two in either curve means that somewhere every query
# still meets every key.

# %% [markdown]
# ## What the quadratic map costs
#
# Linear in $N$ is not the whole story: what stands in front of the $N$? From here on `phi` is your
# *quadratic* feature map, of the least width, and $M$ is of the order of $D$. Sums over keys are formed
# once, for all queries. Give the costs for all $N$ queries up to constant factors, in $N$ and $D$ ($M$ may
# be used too, and counts as $D$).
#
# **Time (2 points).** How does the work of linear attention grow?

# %% solution="d_time"
linear_time = BLANK("N D^3")

# %% graded="d_time" points=2 spec="A6d.time" kind="big_o"
visible.d_time(linear_time)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_d_time(linear_time)
### END HIDDEN TESTS

# %% [markdown]
# Memory depends on a decision that is easily left unsaid, and two people may disagree about the answer only
# because each has made it differently. So we ask for both.
#
# **Memory, everything kept (2 points).** As before, every intermediate result counts that a backward pass
# may need, the inputs $Q$, $K$, $V$ and the features of all queries and keys included. Neither $N$ nor $D$
# is known to be larger.

# %% solution="d_memory_stored"
memory_features_stored = BLANK("N D^2 + D^3")

# %% graded="d_memory_stored" points=2 spec="A6d.space" kind="big_o"
visible.d_memory_stored(memory_features_stored)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_d_memory_stored(memory_features_stored)
### END HIDDEN TESTS

# %% [markdown]
# **Memory, features rebuilt (2 points).** Now the features $\varphi(Q_i)$ and $\varphi(K_j)$ are *not*
# kept: the backward pass builds each of them again, row by row, from $Q$ and $K$ when it needs it.
# Everything else is kept as before. How many numbers are kept between the two passes?

# %% solution="d_memory_recomputed"
memory_features_rebuilt = BLANK("N D + D^3")

# %% graded="d_memory_recomputed" points=2 spec="A6d.space.recompute" kind="big_o"
visible.d_memory_recomputed(memory_features_rebuilt)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_d_memory_recomputed(memory_features_rebuilt)
### END HIDDEN TESTS

# %% [markdown]
# ## Where the lines cross
#
# A line with a steep start can stay above a parabola for a long while. First a guess, for short vectors:
# with $D = M = 16$, from about how many positions on does your linear attention with your quadratic map do
# less work than softmax attention? Put a number in place of `None`, then run the cell.

# %% draw="crossing"
guess = None  # your prediction: the N from which on linear attention is cheaper
figures.crossing(linear_attention, feature_map, softmax_attention, channels=16, guess=guess)

# %% [markdown]
# In your figure the linear code starts far above and rises with slope one; softmax attention rises with
# slope two and cuts it. All work is counted here, the softmax and the making of the features as well. To
# the left of the crossing the better order is the more expensive one: its price per position is the same
# whether the text is long or short, and it is high. If your map is wider than it needs to be, your crossing
# lies further to the right.

# %% [markdown]
# **The crossing, exactly (2 points).** Now for vectors as they occur, $D = M = 64$, and a map of the least
# width. Count multiply-adds of products only: a product of an $a \times b$ and a $b \times c$ matrix takes
# $abc$ of them. Softmax attention is two products. Linear attention is four: two for the numerator, and two
# for the denominator, where the sum over the keys' features is a product with a column of ones. Features,
# exponentials and divisions are not counted. What is the smallest $N$ for which linear attention needs
# *fewer* multiply-adds? Enter a whole number.

# %% solution="crossover"
first_cheaper_length = BLANK(2179)

# %% graded="crossover" points=2 spec="A6d" kind="number"
visible.crossover(first_cheaper_length)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention as checks

checks.check_crossover(first_cheaper_length)
### END HIDDEN TESTS

# %% [markdown]
# ## A decision
#
# **Which of the three would you train? (2 points)** A model has $D = M = 64$ channels per head and reads
# sequences of 16,384 positions; the memory of the device is nearly full. In three to six sentences: which
# of the three would you use for training, softmax attention with all weights kept, linear attention with
# quadratic features kept, or with features rebuilt? Support it with rough counts of numbers per head, and
# say what your choice costs you.

# %% [markdown] written="decision" points=2 spec="A6d" kind="written"
# ### BEGIN SOLUTION
# Softmax attention keeps its weights, $16384^2$ or about 270 million numbers per head. Quadratic features
# are about two thousand wide, so keeping those of all queries and keys takes about 70 million numbers, a
# quarter of that. Rebuilding them leaves Q, K and V, about three million numbers, and the shared matrix of
# about 140 thousand. I would rebuild. It costs making all features a second time in the backward pass,
# which is little beside the products, and it does not repair what the quadratic kernel is worse at: it
# cannot focus as sharply as an exponential.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: counts of the right order for at least two of the three (weights 2.7e8; features kept about 7e7;
# features rebuilt about 3e6). 1 point: a choice that follows from the counts, and its price named (work
# done twice, or the weaker kernel). A well-argued other choice, such as blockwise softmax with weights
# rebuilt, earns both.
# ### END MARK SCHEME

# %% [markdown]
# ## Looking back
#
# **What surprised us.** The condition for attention to exist is not the first that comes to mind. The same
# numbers, bracketed differently, go from a square of $N$ to $N$ itself, and nothing was approximated. But
# the gain is not free: compare your crossing with the length of texts you care about. It is one reason why
# linear attention is mostly used with narrow maps, such as $\mathrm{elu} + 1$, which do not approximate the
# softmax at all but make a different model.
#
# **What we did not prove.** That a model with a quadratic kernel learns as well as one with an exponential.
# Also, that the least width is the least: it follows because the monomials it counts are linearly
# independent functions.
#
# **Where to read on.** Katharopoulos, Vyas, Pappas and Fleuret (2020), *Transformers are RNNs*,
# arXiv:2006.16236, for the causal case, in which sums over keys become running sums. Tsai, Bai, Yamada,
# Morency and Salakhutdinov (2019), *Transformer Dissection*, arXiv:1908.11775, for attention as a kernel
# smoother. Choromanski and others (2020), *Rethinking Attention with Performers*, arXiv:2009.14794, for
# positive random features that do approximate the softmax. Zhang and others (2024), *The Hedgehog & the
# Porcupine*, arXiv:2402.04347, on what makes an expressive map.
