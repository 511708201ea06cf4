# %% [markdown]
# # One token at a time
#
# A language model writes one token, reads what it has written, and writes the next. In training it sees a
# whole text at once and keeps a large machine busy. When it writes, the same machine mostly waits: for
# every new token it fetches all its weights and everything it remembers of the text, does very little
# arithmetic with them, and starts again. In 2019 Noam Shazeer asked what exactly it is waiting for, and
# found that a change of a few letters in five lines of code removes most of the wait.
#
# In this notebook you make that change, work out what it buys, meet the compromise that most models use
# today, and write the loop that decodes a text.
#
# The question comes from Shazeer, *Fast Transformer Decoding: One Write-Head is All You Need* (2019,
# arXiv:1911.02150), sections 2 and 3. The notebook is worth 68 points.

# %% [markdown]
# ## The words and the letters
#
# To **decode** is to write a text token by token. For the new token, attention needs the keys and values of
# all tokens before it. They do not change any more, so they are kept: that store is the **cache**. Three
# variants of attention differ in how many *key heads* the cache holds. In **multi-head** attention each
# query head has a key head and a value head to itself; in **multi-query** attention all query heads read a
# single one; in **grouped-query** attention a few query heads share one.
#
# We keep the letters of the paper.
#
# | letter | meaning | | letter | meaning |
# |---|---|---|---|---|
# | `b` | sequences in the batch | | `h` | query heads |
# | `d` | numbers in the vector of a token | | `g` | key heads, a divisor of `h` |
# | `n` | positions in the cache | | `q`, `k` | channels of one head's query, of its key |
# | `t` | tokens of a whole text | | `v` | channels of one head's value |
#
# A query meets a key channel by channel, so $q = k$ always. Whenever we talk about cost, $q = k = v = d/h$,
# as in nearly every model. The code does not rely on that: in the checks `v` differs from `k`.
#
# | name | axes, multi-head | meaning |
# |---|---|---|
# | `x` | `b d` | the new token of each sequence |
# | `prev_K`, `prev_V` | `b h n k`, `b h n v` | the cache before this step |
# | `new_K`, `new_V` | `b h n+1 k`, `b h n+1 v` | the cache after it |
# | `W_q`, `W_k`, `W_v` | `h d q`, `h d k`, `h d v` | the projections into each head |
# | `W_o` | `h v d` | the projection back |

# %% locked="setup"
import math

import torch
import torch.nn.functional as F

from coursekit.blanks import BLANK, ____
from coursekit.figures import decoding as figures
from coursekit.visible import decoding as visible

# %% [markdown]
# Wherever you see `____`, put your answer in its place. Formulas and equations are entered as text, in
# quotes, and the cell below each answer says how yours was read. Whether it is right is decided when the
# notebook is graded.
#
# ## The step that everyone starts from
#
# Here is one step of multi-head attention for one new token. Read it line by line, and say to yourself for
# each line which letters vanish: those are the sums.

# %% locked="multi_head_step"
def multi_head_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    """Return the output, `b d`, and both caches with the new token in them."""
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    k = torch.einsum("bd,hdk->bhk", x, W_k)
    v = torch.einsum("bd,hdv->bhv", x, W_v)
    new_K = torch.cat([prev_K, k.unsqueeze(2)], dim=2)
    new_V = torch.cat([prev_V, v.unsqueeze(2)], dim=2)
    logits = torch.einsum("bhq,bhnq->bhn", q, new_K)
    weights = F.softmax(logits, dim=-1)
    o = torch.einsum("bhn,bhnv->bhv", weights, new_V)
    y = torch.einsum("bhv,hvd->bd", o, W_o)
    return y, new_K, new_V


# %% [markdown]
# Three remarks. There is no mask: a cache holds nothing but the past, so there is no future to hide. There
# is no division by $\sqrt{k}$: the paper leaves the scale out of its listing, since it can be part of
# `W_q`, and we follow the paper in every *step* of this notebook. And the letter `n` in the last lines runs
# over the $n + 1$ positions of the new cache, so the new token also looks at itself.
#
# Let it run once, on sizes that are all different. When two axes have the same size, a wrong letter can go
# unnoticed.

# %% locked="numbers"
source = torch.Generator().manual_seed(1911)


def normal(*shape):
    """Return random numbers of this shape."""
    return torch.randn(*shape, generator=source, dtype=torch.float64)


# %% draw="shapes"
caches = normal(2, 3, 5, 4), normal(2, 3, 5, 7)
weights = normal(3, 12, 4), normal(3, 12, 4), normal(3, 12, 7), normal(3, 7, 12)
results = multi_head_step(normal(2, 12), *caches, *weights)
for name, result in zip(("y", "new_K", "new_V"), results, strict=True):
    print(f"{name:6} {tuple(result.shape)}")

# %% [markdown]
# With two sequences, three heads and five cached positions, the output has the shape of `x`, and both
# caches have grown from five positions to six. Note how large they are: a key for every sequence, every
# head and every position, and all of them are read at every step.
#
# ## All heads read the same keys
#
# The multi-query variant keeps separate queries for the heads, and gives all heads **one** list of keys and
# **one** list of values. The cache then has no axis for the heads. This is the first half of the listing,
# with five blanks:
#
# ```python
# def multi_query_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
#     # x [b, d]    prev_K [b, n, k]    prev_V [b, n, v]
#     # W_q __A__    W_k __B__    W_v [d, v]    W_o [h, v, d]
#     q = __C__
#     k = __D__
#     v = __E__
#     new_K = torch.cat([prev_K, k.unsqueeze(1)], dim=1)    # [b, n+1, k]
#     new_V = torch.cat([prev_V, v.unsqueeze(1)], dim=1)    # [b, n+1, v]
# ```
#
# Two of the blanks stand in a comment. They count like the others.
#
# **(a)** What is the shape `__A__` of `W_q`? Choose (A) `[d, q]`, (B) `[h, q]` or (C) `[h, d, q]`, and
# enter the letter. **(3 points)**

# %% solution="a"
shape_W_q = BLANK("C")

# %% graded="a" points=3 spec="A4a" kind="choice"
visible.a(shape_W_q)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_a(shape_W_q)
### END HIDDEN TESTS

# %% [markdown]
# **(b)** What is the shape `__B__` of `W_k`? Choose (A) `[h, k]`, (B) `[d, k]` or (C) `[h, d, k]`.
# **(3 points)**

# %% solution="b"
shape_W_k = BLANK("B")

# %% graded="b" points=3 spec="A4b" kind="choice"
visible.b(shape_W_k)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_b(shape_W_k)
### END HIDDEN TESTS

# %% [markdown]
# Now the three lines that use the weights. Enter the equation alone, such as `"ij,jk->ik"`, or the whole
# call of `torch.einsum` as it would stand in the listing; any letters will do, and spaces do not matter. An
# equation is judged by running it on tensors of the right shapes.
#
# **(c)** The query of each head: `q = torch.einsum(..., x, W_q)`. The candidates are `bd,dq->bhq`,
# `bd,hdq->bhq` and `bhd,dq->bhq`. **(4 points)**

# %% solution="c"
equation_q = BLANK("bd,hdq->bhq")

# %% graded="c" points=4 spec="A4c" kind="einsum"
visible.c(equation_q)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_c(equation_q)
### END HIDDEN TESTS

# %% [markdown]
# **(d)** The one key of the new token: `k = torch.einsum(..., x, W_k)`. The candidates are `bd,dk->bk`,
# `bd,hdk->bhk` and `bd,dk->bhk`. The next line of the listing says what shape it needs. **(4 points)**

# %% solution="d"
equation_k = BLANK("bd,dk->bk")

# %% graded="d" points=4 spec="A4d" kind="einsum"
visible.d(equation_k)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_d(equation_k)
### END HIDDEN TESTS

# %% [markdown]
# **(e)** Its one value: `v = torch.einsum(..., x, W_v)`. The candidates are `bd,hdv->bhv`, `bd,dv->bhv` and
# `bd,dv->bv`. **(4 points)**

# %% solution="e"
equation_v = BLANK("bd,dv->bv")

# %% graded="e" points=4 spec="A4e" kind="einsum"
visible.e(equation_v)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_e(equation_v)
### END HIDDEN TESTS

# %% [markdown]
# ## The damaged half
#
# The second half of the listing has been through a scanner, and three of its lines came out wrong:
#
# ```python
#     logits  = torch.einsum("bhq,bnk->bhn", q, new_K)          # damaged
#     weights = F.softmax(logits, dim=-1)                       # [b, h, n+1]
#     o       = torch.einsum("bhn,bhv->bhv", weights, new_V)    # damaged
#     y       = torch.einsum("bhv,bdv->bd", o, W_o)             # damaged
# ```
#
# One would expect wrong code to stop with an error. Let us see. The next cell makes tensors of the
# documented shapes, again with sizes that are all different: $b = 2$, $h = 3$, $n + 1 = 6$, $k = 4$,
# $v = 7$, $d = 12$.

# %% locked="half_step"
q, new_K, new_V = normal(2, 3, 4), normal(2, 6, 4), normal(2, 6, 7)
o, W_out = normal(2, 3, 7), normal(3, 7, 12)

# %% draw="damaged_logits"
damaged = torch.einsum("bhq,bnk->bhn", q, new_K)
print("shape", tuple(damaged.shape), "as it should be")
print(f"entry [1, 2, 3] of the damaged logits   {damaged[1, 2, 3].item():9.4f}")
print(f"query 2 · key 3, by hand                {(q[1, 2] * new_K[1, 3]).sum().item():9.4f}")
print(f"sum of query 2 times sum of key 3       {(q[1, 2].sum() * new_K[1, 3].sum()).item():9.4f}")

# %% [markdown]
# The damaged line **runs**. The shape is right, no message appears, and the number is not the dot product:
# it is the sum of one vector times the sum of the other. To einsum, two different letters are two different
# axes, and an axis that is not named behind the arrow is summed, each on its own side. Nothing would stop a
# model with this line from training; it would merely be worse than it should be.
#
# Repair the logits: which equation takes `q` of shape `[b, h, k]` and `new_K` of shape `[b, n+1, k]` to the
# scores of every head at every position? **(2 points)**

# %% solution="debug_logits"
equation_logits = BLANK("bhk,bnk->bhn")

# %% graded="debug_logits" points=2 spec="A4x" kind="einsum"
visible.debug_logits(equation_logits)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_debug_logits(equation_logits)
### END HIDDEN TESTS

# %% [markdown]
# The second damaged line takes `weights` and `new_V`. It gives the *positions* of the values the letter of
# the *heads*. Try it with three heads and six positions, then with three heads and three positions, which
# is what a cache of two tokens gives you.

# %% draw="damaged_output"
for positions in (6, 3):
    few, some = normal(2, 3, positions).softmax(dim=-1), normal(2, positions, 7)
    try:
        out = torch.einsum("bhn,bhv->bhv", few, some)
        same = torch.allclose(out, some)
        print(f"{positions} positions: runs, shape {tuple(out.shape)}; equal to the values: {same}")
    except RuntimeError as error:
        print(f"{positions} positions: {error}")

# %% [markdown]
# With six positions torch refuses. With three it runs, because $n + 1$ happens to equal $h$, and returns
# the values themselves, as if nobody had asked for weights: the letter `n` is summed away on the left, and
# weights add up to one. A test on a short text with the right number of heads would pass over this line in
# silence.
#
# Repair the weighted sum of the values. **(2 points)**

# %% solution="debug_output"
equation_o = BLANK("bhn,bnv->bhv")

# %% graded="debug_output" points=2 spec="A4x" kind="einsum"
visible.debug_output(equation_o)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_debug_output(equation_o)
### END HIDDEN TESTS

# %% [markdown]
# The last damaged line takes `o` of shape `[b, h, v]` and the output weight of shape `[h, v, d]`, and adds
# up what the heads contribute. Sharing keys changes nothing here. Repair it. You can try your equation on
# the tensors `o` and `W_out` of the cell above, in a cell of your own. **(2 points)**

# %% solution="debug_y"
equation_y = BLANK("bhv,hvd->bd")

# %% graded="debug_y" points=2 spec="A4x" kind="einsum"
visible.debug_y(equation_y)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_debug_y(equation_y)
### END HIDDEN TESTS

# %% [markdown]
# ## The whole step
#
# Put both halves together. Your function returns three results, in the order of `multi_head_step`: the
# output and both new caches, with the new token behind the old ones. Do not scale the logits; the listing
# does not. The weights have the shapes asked for above; this part is graded by itself, whatever you entered
# there, and the visible check stops at a shape that does not fit. **(5 points)**

# %% solution="multi_query_step"
def multi_query_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    """Return y `b d`, new_K `b n+1 k` and new_V `b n+1 v`."""
    ### BEGIN SOLUTION
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    k = torch.einsum("bd,dk->bk", x, W_k)
    v = torch.einsum("bd,dv->bv", x, W_v)
    new_K = torch.cat([prev_K, k.unsqueeze(1)], dim=1)
    new_V = torch.cat([prev_V, v.unsqueeze(1)], dim=1)
    logits = torch.einsum("bhk,bnk->bhn", q, new_K)
    weights = F.softmax(logits, dim=-1)
    o = torch.einsum("bhn,bnv->bhv", weights, new_V)
    y = torch.einsum("bhv,hvd->bd", o, W_o)
    return y, new_K, new_V
    ### END SOLUTION


# %% [markdown]
# Three cases can be done by hand, when all projections are identities, so that query, key and value are all
# `x`. With an empty cache there is one place to look, and the output is `x`. With queries of zero every
# position looks the same, and the output is the average of all values. With scores 0, 0 and $\log 2$ the
# weights are a quarter, a quarter and a half. The visible check tries these.

# %% graded="multi_query_step" points=5 spec="A4" kind="function"
visible.multi_query_step(multi_query_step)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_multi_query_step(multi_query_step)
### END HIDDEN TESTS

# %% [markdown]
# There is another way to see the same step: multi-query attention is multi-head attention whose heads all
# *happen* to have the same key weights, the same value weights and the same cache. So the two functions
# must agree when we copy the shared weights for every head. The next cell does that with yours.

# %% draw="expanded"
x, past_K, past_V = normal(2, 12), normal(2, 5, 4), normal(2, 5, 7)
W_q, W_k, W_v, W_o = normal(3, 12, 4), normal(12, 4), normal(12, 7), normal(3, 7, 12)
copied = [tensor.unsqueeze(1).expand(-1, 3, -1, -1) for tensor in (past_K, past_V)]
wide, _, _ = multi_head_step(x, *copied, W_q, W_k.expand(3, -1, -1), W_v.expand(3, -1, -1), W_o)
mine, _, _ = multi_query_step(x, past_K, past_V, W_q, W_k, W_v, W_o)
print(f"largest difference: {(mine - wide).abs().max().item():.1e}")

# %% [markdown]
# Zero, or a difference of about $10^{-14}$, is rounding; anything larger is a mistake. The two functions
# compute the same thing, and yet the second one was handed three copies of every key. Nothing it computes
# is different. What it *reads* is. That is the whole idea, and the rest of this notebook puts numbers on
# it.
#
# ## (f) What a step computes
#
# One multi-head step takes $O(b d^2 + b n d)$ operations: $b d^2$ for the four projections, $b n d$ for
# scores and weighted sums. Neither term can be dropped, because nothing says whether $n$ or $d$ is larger.
#
# What does one multi-query step take? Enter the order of growth in $b$, $d$, $n$ and $h$; you may write $q$,
# $k$ or $v$ for $d/h$. All letters are variables, $h$ included, with $h \le d$. Constant factors do not matter,
# and `"O(...)"` around it is welcome and not needed. **(4 points)**

# %% solution="f"
compute = BLANK("b d^2 + b n d")

# %% graded="f" points=4 spec="A4f" kind="big_o"
visible.f(compute)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_f(compute)
### END HIDDEN TESTS

# %% [markdown]
# ## (g) What a step reads
#
# A processor does not only compute: every number has to come from memory first, and results have to go
# back. One multi-head step moves $O(d^2 + bd + bnd)$ numbers: the weights, read once for the whole batch;
# the vectors of the current tokens, such as `x`, `q`, `o` and `y`; and the cache.
#
# What does one multi-query step move? Count the same three kinds of numbers. The small table of logits,
# `[b, h, n+1]`, is left out, as it is above: a good program never writes it to memory. Keep every letter
# whose size nobody has fixed. **(4 points)**

# %% solution="g"
memory_access = BLANK("d^2 + b d + b n d / h")

# %% graded="g" points=4 spec="A4g" kind="big_o"
visible.g(memory_access)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_g(memory_access)
### END HIDDEN TESTS

# %% [markdown]
# Orders of growth hide the constants. Let us have them. Count a multiplication together with the addition
# that follows it as one **multiply-add**, and count the six products of one multi-query step: four
# projections, the scores, the weighted sum. Softmax and copying are not products. The multi-head step needs
#
# $$4 b d^2 + 2 b (n + 1) d$$
#
# of them; note the $n + 1$. What is the exact number for multi-query, in $b$, $d$, $h$ and $n$? Write $d/h$
# for $k$ and $v$ here. **(3 points)**

# %% solution="f_exact"
multiply_adds = BLANK("b d^2 (2 + 2/h) + 2 b (n + 1) d")

# %% graded="f_exact" points=3 spec="A4f.exact" kind="formula"
visible.f_exact(multiply_adds)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_f_exact(multiply_adds)
### END HIDDEN TESTS

# %% [markdown]
# ## Work for every number moved
#
# A machine has two speeds: how many multiply-adds it can do in a second, and how many numbers it can fetch
# in a second. Which of the two is the limit depends on one ratio, the **arithmetic intensity**:
# multiply-adds done for every number moved (Williams, Waterman and Patterson 2009).
#
# Write it as a function, for any number $g$ of key heads, so that one function serves all three variants:
# $g = h$ is multi-head, $g = 1$ is multi-query. The arguments are whole numbers, $g$ divides $h$ and $h$
# divides $d$. Above the line stand the multiply-adds of the six products. Below it stand the numbers moved,
# each once: all entries of the four weights, all entries of both caches *after* the step, and the vectors
# `x`, `q`, `o` and `y`, which have $bd$ entries each. **(4 points)**

# %% solution="step_intensity"
def step_intensity(b, d, h, g, n):
    """Return the multiply-adds per number moved, of one step with g key heads and n cached positions."""
    ### BEGIN SOLUTION
    k = d // h
    projections = 2 * h * d * k + 2 * g * d * k
    caches = 2 * b * g * (n + 1) * k
    return (b * projections + 2 * b * h * (n + 1) * k) / (projections + caches + 4 * b * d)
    ### END SOLUTION


# %% [markdown]
# One case for a check by hand: let every size be 1 and the cache empty. Then there are six products of one
# multiply-add each, and ten numbers to move.

# %% graded="step_intensity" points=4 spec="A4g.intensity" kind="function"
visible.step_intensity(step_intensity)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_step_intensity(step_intensity)
### END HIDDEN TESTS

# %% [markdown]
# Now predict. A model with $d = 4096$ and 32 query heads decodes 8 sequences at once. With short caches the
# step is all weights, and each weight serves 8 sequences, so the intensity is about 8, whatever the
# variant. What will it be for the *multi-head* step when a million positions are cached? Put your guess
# into the cell, then run it.

# %% draw="intensity-curves"
guess = None  # your prediction for multi-head at n = 2^20, in multiply-adds per number
figures.intensity(step_intensity, guess)

# %% [markdown]
# In your figure the three curves start together at 8 and part company from a few hundred positions on; at a
# thousand, the multi-head caches have outgrown the weights. The multi-head curve falls and the multi-query
# curve rises: more text makes the one step ever lazier and the other ever busier. Grouped attention with 8
# key heads settles in between.
#
# The right-hand ends of the curves are flat. Work them out without a computer: when $n$ grows and all else
# stays, what does the intensity of the **multi-head** step tend to? Enter a number. **(1 point)**

# %% solution="intensity"
limit_multi_head = BLANK(1)

# %% graded="intensity" points=1 spec="A4g.intensity" kind="number"
visible.intensity(limit_multi_head)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_intensity(limit_multi_head)
### END HIDDEN TESTS

# %% [markdown]
# And the **multi-query** step? Enter a formula. **(2 points)**

# %% solution="intensity_shared"
limit_multi_query = BLANK("h")

# %% graded="intensity_shared" points=2 spec="A4g.intensity" kind="formula"
visible.intensity_shared(limit_multi_query)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_intensity_shared(limit_multi_query)
### END HIDDEN TESTS

# %% [markdown]
# Whether an intensity is high or low depends on the machine. The data sheet of one common accelerator, an
# NVIDIA A100 with 80 GB, promises $312 \cdot 10^{12}$ operations and $2.04 \cdot 10^{12}$ bytes in a
# second. In our units, with two operations to a multiply-add and two bytes to a number, that is
# $156 \cdot 10^{12}$ multiply-adds and $1.02 \cdot 10^{12}$ numbers. Below some intensity the memory is the
# limit, above it the arithmetic: drawn as a picture, that is a roof with a ridge.

# %% draw="roofline"
figures.roofline(step_intensity, 65_536)

# %% [markdown]
# In your figure all three variants stand on the slope, left of the ridge at 153 multiply-adds per number.
# The multi-head step uses less than one hundredth of the arithmetic that was paid for. Sharing the keys
# moves it up the slope, by a factor close to the number of heads that share. On this slope, the same work
# at twice the intensity takes half the time.
#
# **In your own words:** decoding more sequences at once (a larger $b$) is the usual cure for a low
# intensity. For short caches it works. Why does it hardly help the multi-head step when the caches are
# long, and what is the difference between weights and cache that decides this? Three or four sentences are
# enough. **(3 points, read by a person)**

# %% [markdown] written="batching" points=3 spec="A4g.batching" kind="written"
# ### BEGIN SOLUTION
# The weights are the same for all sequences, so they are read once for the whole batch: with b sequences
# each weight is used b times, and while weights dominate the traffic the intensity grows in proportion to
# b. A cache belongs to one sequence. Doubling b doubles the caches and the work on them alike, so their
# ratio stays where it is, at one multiply-add per number for multi-head attention. When n is large the
# caches are nearly all of the traffic, and the intensity stays near 1 however large the batch is.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: weights are shared by the batch and read once, so their intensity grows with b. 1 point: every
# sequence has its own cache, so work and traffic of the attention grow with b alike. 1 point: for long
# caches the second kind dominates; names the limit (1, independent of b) or an equivalent. An answer that
# says only "the memory is full" earns nothing: it speaks of capacity, not of traffic.
# ### END MARK SCHEME

# %% [markdown]
# ## A compromise: groups
#
# One list of keys for all heads is the extreme, and it costs some quality. Ainslie et al. (*GQA*, 2023,
# arXiv:2305.13245) proposed the middle: $g$ key heads, each shared by $h/g$ query heads. Many large models
# published since then use it.
#
# Write it for a whole text at once, as in training. There is a mask now: position $i$ sees positions $0$ to
# $i$, itself included. And the scores **are** divided by $\sqrt{k}$ here, as in
# `F.scaled_dot_product_attention` and every library. Neighbours share: with $h = 6$ and $g = 3$, query
# heads 0 and 1 read key head 0, query heads 2 and 3 read key head 1, and so on.
#
# | name | axes |
# |---|---|
# | `q` | `b h t k` |
# | `k`, `v` | `b g t k`, `b g t v` |
# | returned | `b h t v` |
#
# **(5 points)**

# %% solution="grouped_query"
def grouped_query(q, k, v):
    """Return causal attention of h query heads that share g key heads and g value heads."""
    ### BEGIN SOLUTION
    (b, h, t, channels), g = q.shape, k.shape[1]
    grouped = q.reshape(b, g, h // g, t, channels)
    scores = torch.einsum("bgstk,bgmk->bgstm", grouped, k) / math.sqrt(channels)
    future = torch.ones(t, t, dtype=torch.bool).triu(diagonal=1)
    weights = scores.masked_fill(future, -math.inf).softmax(dim=-1)
    return torch.einsum("bgstm,bgmv->bgstv", weights, v).reshape(b, h, t, v.shape[-1])
    ### END SOLUTION


# %% [markdown]
# By hand: with keys of zero all scores are equal, and the output at each position is the average of the
# values up to there. And where $q \cdot k$ is $0$ and $2 \log 3$, with $k = 4$ channels, the two weights
# are a quarter and three quarters.

# %% graded="grouped_query" points=5 spec="X2" kind="function"
visible.grouped_query(grouped_query)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_grouped_query(grouped_query)
### END HIDDEN TESTS

# %% [markdown]
# Who reads whom? Give each key head values that only it has, and look at what comes out of each query head.

# %% draw="who-reads-whom"
figures.who_reads_whom(grouped_query)

# %% [markdown]
# Your figure should be a staircase: twelve query heads, four key heads, three neighbours on every step.
# Stripes instead of a staircase mean that the heads take turns (`repeat` does that where
# `repeat_interleave` is meant). Every query head still gets some answer then, but a model trained with the
# staircase reads the wrong keys.
#
# ## How large is a cache?
#
# A model has many layers, and each keeps its own keys and values. Write down how many **bytes** the caches
# of the whole model take, with $L$ layers, $b$ sequences, $n$ positions, $g$ key heads, $k$ channels in a
# key and as many in a value, and $w$ bytes per number. **(2 points)**

# %% solution="cache_formula"
cache_bytes = BLANK("2 L b n g k w")

# %% graded="cache_formula" points=2 spec="X2" kind="formula"
visible.cache_formula(cache_bytes)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_cache_formula(cache_bytes)
### END HIDDEN TESTS

# %% [markdown]
# The smallest GPT-2 (Radford et al. 2019) has 12 layers and 12 heads of 64 channels, and reads at most 1024
# positions. How large is its cache for one full sequence, in mebibytes (1 MiB is $2^{20}$ bytes), with
# numbers of 16 bits? Enter three numbers: as it is, with 12 key heads; with 4; with 1. **(2 points)**

# %% solution="cache_size"
cache_mebibytes = BLANK([36, 12, 3])

# %% graded="cache_size" points=2 spec="X2" kind="vector"
visible.cache_size(cache_mebibytes)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_cache_size(cache_mebibytes)
### END HIDDEN TESTS

# %% draw="cache-growth"
figures.cache_growth(cache_mebibytes)

# %% [markdown]
# The figure takes your three numbers for 1024 positions and follows them to longer texts, which GPT-2
# itself could not read. In your figure the three lines are parallel, one for each number of key heads, and
# each of them crosses the dotted line at some length: from there on, what the model remembers of **one**
# text takes more room than everything it learnt. With all 12 key heads that happens before ten thousand
# positions. Sharing does not change the direction of the line; it moves the crossing to the right, by the
# factor of the sharing.
#
# Now a model of a size that is common today: 32 layers, 32 query heads of 128 channels, numbers of two bytes,
# and seven billion weights, which take 13 GiB. The next figure puts these numbers into *your* formula. Move the
# slider, with the mouse or the arrow keys, from 32 key heads to one. (When you open the notebook again later, run
# the cell again to get the slider back.)

# %% draw="cache-by-key-heads"
figures.cache_by_key_heads(cache_bytes)

# %% [markdown]
# In your figure every halving of $g$ lowers the line by the same step and moves its crossing with the dotted line
# to twice as many positions. With 32 key heads one text of book length takes more room than the model itself; with
# eight, a machine that holds the model once has room for a few such texts.
#
# ## The loop
#
# Now decode a text. Write a loop that takes the tokens one after the other, runs `multi_head_step` (the one
# given above, so nothing here depends on your own step), and keeps the caches from one step to the next. It
# starts with empty caches, of zero positions.
#
# A token must also say where it stands. At position $i$, counted from 0, the vector that goes into the step
# is `x[:, i] + P[i]`, where `P` is a table of position vectors, long enough for any text. When the loop is
# at position $i$, the cache holds exactly $i$ positions; that is a useful thing to know about a cache.
#
# | name | axes |
# |---|---|
# | `x` | `b t d`, the tokens |
# | `P` | at least `t` rows of `d` |
# | `W_q`, `W_k`, `W_v`, `W_o` | as in `multi_head_step` |
# | returned | `b t d`, the output at every position |
#
# Each token's key and value are to be computed once: that is what a cache is for, and the hidden check
# counts the work. It counts what torch does, so leave the products to torch and not to numpy. **(5 points)**

# %% solution="decode"
def decode(x, P, W_q, W_k, W_v, W_o):
    """Return the outputs at all positions, `b t d`, made one position at a time."""
    ### BEGIN SOLUTION
    (b, t, _), h = x.shape, W_q.shape[0]
    K, V = x.new_zeros(b, h, 0, W_k.shape[-1]), x.new_zeros(b, h, 0, W_v.shape[-1])
    outputs = []
    for i in range(t):
        y, K, V = multi_head_step(x[:, i] + P[i], K, V, W_q, W_k, W_v, W_o)
        outputs.append(y)
    return torch.stack(outputs, dim=1)
    ### END SOLUTION


# %% [markdown]
# By hand: with queries of zero and identities for the other weights, output $i$ is the average of `x + P`
# over the positions up to $i$. And whatever the weights are, a change of the last token changes no earlier
# output.

# %% graded="decode" points=5 spec="X3" kind="function"
visible.decode(decode)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_decode(decode)
### END HIDDEN TESTS

# %% [markdown]
# Your loop must give the same numbers as one pass over the whole text with a mask, which is how the model
# was trained; otherwise it would be writing with another model. The hidden check compares the two.
#
# And what has the cache saved? Without one, the step for token $t$ would have to run attention over all $t$
# tokens again. Predict: **how many times as many** multiply-adds does the fortieth token cost then? Put
# your guess into the cell. The next figure counts every product in your own loop, so it takes a few
# seconds.

# %% draw="work-per-token"
factor = None  # your prediction for the fortieth token
figures.work_per_token(decode, factor)

# %% [markdown]
# In your figure both curves rise, and the distance between them grows: on this scale, equal distances are
# equal factors. At the fortieth token the factor is 40. That is no accident of the sizes. Without a cache,
# token $t$ costs $4 b d^2 t + 2 b d t^2$ multiply-adds; divide by $4 b d^2 + 2 b d t$, what your loop pays.
#
# Now count exactly, for a text of 100 tokens, in one layer and for one head of one sequence. First: how
# many times is a token projected to a key, in all hundred steps together? Without a cache, step $t$
# projects all $t$ tokens; with a cache, it projects one. Enter two numbers: without, with. **(2 points)**

# %% solution="loop_cost_keys"
key_projections = BLANK([5050, 100])

# %% graded="loop_cost_keys" points=2 spec="X3" kind="vector"
visible.loop_cost_keys(key_projections)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_loop_cost_keys(key_projections)
### END HIDDEN TESTS

# %% [markdown]
# Second: how many scores, that is, dot products of a query with a key? Without a cache, step $t$ computes
# the full square of $t$ queries and $t$ keys and masks half of it afterwards; the masked scores are
# computed too. With a cache there is one query, and it meets the $t$ keys that are in the cache by then.
# Enter two numbers: without, with. **(2 points)**

# %% solution="loop_cost_scores"
score_products = BLANK([338350, 5050])

# %% graded="loop_cost_scores" points=2 spec="X3" kind="vector"
visible.loop_cost_scores(score_products)
### BEGIN HIDDEN TESTS
from utils.checks import decoding as checks

checks.check_loop_cost_scores(score_products)
### END HIDDEN TESTS

# %% [markdown]
# ## What surprised us
#
# A change of a few letters divides the largest thing that a step fetches, and the machine notices. Anyone who
# counts only operations, as many comparisons of models do, looks for the gain in the wrong place; and anyone
# who takes $h$ for a constant has erased the one letter that the question is about.
#
# And the cache, which saves a factor of $t$ in work, is what makes decoding wait for memory in the first
# place. The program without a cache has a splendid intensity. It is busy all the time, with work it has
# done before.
#
# What we did not show: that sharing keys costs little quality. It is an experiment, not a calculation; the
# paper reports a small loss for multi-query attention, and the paper on groups finds most of it regained
# with eight key heads. Nor did we count the softmax, or what happens when the logits are written to memory
# after all: that adds $bhn$ numbers to the traffic, which matters when $h$ is large and $d/h$ is small.
#
# Where to read on: Shazeer (2019, arXiv:1911.02150) for the step; Ainslie et al. (2023, arXiv:2305.13245)
# for groups; Pope et al. (2022, *Efficiently Scaling Transformer Inference*, arXiv:2211.05102) for the same
# ledger kept for a model of 540 billion parameters; Williams, Waterman and Patterson (2009, *Roofline*,
# Communications of the ACM 52(4)) for the picture with the ridge; and Dao et al. (2022, *FlashAttention*,
# arXiv:2205.14135) for how to keep the logits out of memory.
