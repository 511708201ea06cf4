# %% [markdown]
# # A memory that does not grow
#
# A model that writes a long text with softmax attention keeps the key and the value of every token it has
# seen. The hundred-thousandth token looks back at all of them, so it costs a hundred thousand times what the
# first one did, and the memory is a hundred thousand times as large. A recurrent network has neither
# problem: its memory has one size for ever.
#
# Can attention be rewritten so that it becomes a recurrent network? Not exactly, if it is softmax attention.
# But it can be *estimated* by random waves, at a cost that is linear in the length, and once it has that
# form the recurrence is there for the taking. This notebook goes the whole way: softmax, Gaussian kernel,
# random features, recurrence, chunks.
#
# The questions follow Rahimi and Recht, *Random Features for Large-Scale Kernel Machines* (2007), and
# Katharopoulos et al., *Transformers are RNNs* (2020, arXiv:2006.16236).

# %% [markdown]
# ## The words and the letters
#
# | name | axes | meaning |
# |---|---|---|
# | `queries` | $N \times D$ | one query for each of $N$ positions, $D$ channels |
# | `keys` | $J \times D$ | one key for each position that is looked at; in self-attention $J = N$ |
# | `values` | $J \times M$ | one value for each key, $M$ channels |
# | `directions` | $D_r \times D$ | random vectors $w_1, \dots, w_{D_r}$ |
# | `query_features`, `key_features` | $N \times C$ | any feature map $\phi$, applied to queries and keys |
# | `state` | $C \times M$ | what is remembered of the past |
# | `normaliser` | $C$ | what is remembered of the weights of the past |
#
# The norm of a vector is written $\|q\|$, the dot product $q \cdot k$. There are no batches and no heads
# here: everything happens once per head, independently. Your functions should work for any sizes and for any
# floating dtype, and they should never add a small constant to a denominator: the identities below are
# exact.
#
# Run the first cell; it prepares the tools.

# %% locked="setup"
import math

import torch
from torch import Tensor

from coursekit import cost
from coursekit.blanks import BLANK, ____
from coursekit.figures import linear_attention as figures
from coursekit.visible import linear_attention as visible

# %% [markdown]
# Wherever you see `____`, put your answer in its place. Formulas and costs are entered as text, in quotes,
# much as you would type them in a message: `"exp(x^2/3)"`, `"sqrt(D)"`, `"||q||^2"`, `"N D + M"` and LaTeX
# are all read. The cell below each answer shows how yours was understood; whether it is right is decided
# when the notebook is graded.
#
# ## (a) Softmax is a Gaussian in disguise
#
# Softmax attention compares $q$ and $k$ by $\exp(q \cdot k / \sqrt{D})$. The Gaussian kernel compares them
# by their distance:
#
# $$K(q, k) = \exp\left(-\frac{\|q - k\|^2}{2\sigma^2}\right).$$
#
# Expand the square and a dot product appears. Choose $\sigma^2 = \sqrt{D}$ and it appears with the right
# factor in front of it. So one is the other, up to a factor $F$:
#
# $$\exp\left(\frac{q \cdot k}{\sqrt{D}}\right) = F(q, k) \; K(q, k).$$
#
# What is $F$, in terms of $q$, $k$ and $D$? Enter the factor alone, without $K$. **(3 points)**

# %% solution="gaussian_identity"
gaussian_factor = BLANK("exp((||q||^2 + ||k||^2) / (2 sqrt(D)))")

# %% graded="gaussian_identity" points=3 spec="10.Q1a-i" kind="formula"
visible.gaussian_identity(gaussian_factor)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_gaussian_identity(gaussian_factor)
### END HIDDEN TESTS

# %% [markdown]
# Your factor can be split into one that depends on the query alone and one that depends on the key alone. An
# attention weight is a fraction: the term of one key, divided by the sum of the terms of all keys. Something
# cancels in it. **(1 point)**
#
# - `"a"`: the factor that depends on the query
# - `"b"`: the factor that depends on the key
# - `"c"`: both factors
# - `"d"`: neither factor

# %% solution="cancels"
cancelling_factor = BLANK("a")

# %% graded="cancels" points=1 spec="10.Q1a-i" kind="choice"
visible.cancels(cancelling_factor)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_cancels(cancelling_factor)
### END HIDDEN TESTS

# %% [markdown]
# Now let the machine confirm it. Write a function that computes softmax's attention weights *through the
# Gaussian kernel*: distances first, then whatever factor is left, then the division. The result is a table
# with a row for each query. It must equal `softmax(q·k / sqrt(D))` to the last digits. **(3 points)**

# %% solution="gaussian_weights"
def gaussian_softmax_weights(queries, keys):
    """Return the attention weights, N rows of J, from the distances between queries and keys."""
    ### BEGIN SOLUTION
    squared_distances = (queries[:, None] - keys).square().sum(dim=-1)
    kernel = torch.exp(-squared_distances / (2 * math.sqrt(keys.shape[-1])))
    unnormalised = kernel * torch.exp(keys.square().sum(dim=-1) / (2 * math.sqrt(keys.shape[-1])))
    return unnormalised / unnormalised.sum(dim=-1, keepdim=True)
    ### END SOLUTION


# %% [markdown]
# A case for pencil and paper: in four dimensions the query $(2, 0, 0, 0)$ has the scores $0$ and $1$ with
# the keys $(0, 0, 0, 0)$ and $(1, 0, 0, 0)$. Which weights must come out? And what do the weights of any
# query add up to? The cell below tries both.

# %% graded="gaussian_weights" points=3 spec="10.Q1a-i" kind="function"
visible.gaussian_weights(gaussian_softmax_weights)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_gaussian_weights(gaussian_softmax_weights)
### END HIDDEN TESTS

# %% [markdown]
# ## (b) A kernel made of random waves
#
# Nothing has become cheaper: the table still has a number for every pair. It would become cheaper if the
# kernel were a dot product $\phi(q) \cdot \phi(k)$ of *features*, because then the keys could be summed up
# once, for all queries. The Gaussian kernel is such a product, but of vectors with infinitely many entries.
# Rahimi and Recht had a lovely idea: draw a few of the entries at random.
#
# Draw directions $w_1, \dots, w_{D_r}$, and send a wave along each of them:
#
# $$\phi(x) = \sqrt{\frac{1}{D_r}} \, \bigl[\sin(w_1 \cdot x), \dots, \sin(w_{D_r} \cdot x), \;
# \cos(w_1 \cdot x), \dots, \cos(w_{D_r} \cdot x)\bigr].$$
#
# Since $\sin a \sin b + \cos a \cos b = \cos(a - b)$, the product $\phi(x) \cdot \phi(y)$ is the mean of
# $\cos(w_i \cdot (x - y))$ over the directions. It depends on the difference $x - y$ alone, as a kernel of
# distances must. Write $\phi$ for many points at once. **(3 points)**

# %% solution="random_features"
def random_features(points, directions):
    """Return phi of every point, N rows of 2 D_r features: points are N D, directions are D_r D."""
    ### BEGIN SOLUTION
    angles = torch.einsum("n d, r d -> n r", points, directions)
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / math.sqrt(len(directions))
    ### END SOLUTION


# %% [markdown]
# Three things you can check by hand. Along one direction a quarter turn has sine 1 and cosine 0. The product
# $\phi(x) \cdot \phi(x)$ is the mean of $\cos 0$. And moving all points by the same vector changes no
# product.

# %% graded="random_features" points=3 spec="10.Q1a-ii" kind="function"
visible.random_features(random_features)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_random_features(random_features)
### END HIDDEN TESTS

# %% [markdown]
# From which distribution must the directions come? Normal, with mean zero; but how wide? Printed derivations
# disagree about this, so do not look it up. Ask your own features.
#
# The next cell takes one pair of points in $D = 16$ channels, a distance of 3.6 apart, and twenty thousand
# standard normal directions. Multiplied by $s$, they become directions whose entries have the standard
# deviation $s$. For each $s$ between one eighth and four, your features estimate a kernel value.

# %% locked="pair"
normal = torch.randn(20_000, 16, generator=torch.Generator().manual_seed(10), dtype=torch.float64)
pair = torch.linspace(-1, 1, 16, dtype=torch.float64) + torch.tensor([[0.0], [0.9]], dtype=torch.float64)
kernel_of_width = {sigma: math.exp(-(16 * 0.9**2) / (2 * sigma**2)) for sigma in (2.0, 4.0)}
spreads = [2 ** (i / 4) for i in range(-12, 9)]

# %% [markdown]
# Before you run it, guess the shape of the curve. Slow waves (small $s$) hardly change from one point to the
# other; fast waves turn many times on the way. What is the mean of their cosines in either case?

# %% draw="spread"
features_of_pair = [random_features(pair, s * normal) for s in spreads]
figures.kernel_against_spread(spreads, [f[0] @ f[1] for f in features_of_pair], kernel_of_width)

# %% [markdown]
# In your figure the curve falls from one to zero as the waves get faster. The two horizontal lines are the
# true values of the Gaussian kernel for this pair, for the widths $\sigma = 2$ and $\sigma = 4$. Where your
# curve crosses a line, the directions have the spread that belongs to that width. Read off both crossings.
# Then derive the rule; it helps to know that for $w \sim N(0, s^2 I)$ the mean of $\cos(w \cdot x)$ is
# $\exp(-s^2 \|x\|^2 / 2)$.
#
# What must the **variance** of an entry of $w$ be, in terms of $\sigma$, so that $\phi(x) \cdot \phi(y)$
# estimates $\exp(-\|x - y\|^2 / (2\sigma^2))$? **(2 points)**

# %% solution="variance"
direction_variance = BLANK("1/sigma^2")

# %% graded="variance" points=2 spec="10.Q1a-ii" kind="formula"
visible.variance(direction_variance)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_variance(direction_variance)
### END HIDDEN TESTS

# %% [markdown]
# Put the rule to work: turn a draw of standard normal numbers into directions for the kernel of width
# `sigma`. **(1 point)**

# %% solution="directions"
def scaled_directions(normal, sigma):
    """Return directions, as many rows as `normal`, whose features estimate the kernel of width sigma."""
    return BLANK(normal / sigma)


# %% graded="directions" points=1 spec="10.Q1a-ii" kind="function"
visible.directions(scaled_directions)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_directions(scaled_directions)
### END HIDDEN TESTS

# %% [markdown]
# ## (c) Attention by random features
#
# Now replace the kernel in the attention weights by the product of features. With $g_{ij}$ for whatever part
# of $F(q_i, k_j)$ did not cancel,
#
# $$V'_i = \frac{\sum_j \phi(q_i) \cdot \phi(k_j) \; g_{ij} \; v_j}
# {\sum_j \phi(q_i) \cdot \phi(k_j) \; g_{ij}}.$$
#
# The features of the query are the same in every term, so they can be taken out of both sums. Does $g_{ij}$
# stand in the way? If not, what is left inside the sums does not depend on $i$: it is computed once, and
# every query reads it. Write the function in this order, so that no table with a row for each query and a
# column for each key ever exists. The graded check counts the numbers you hold and the work you do, at
# several lengths.
#
# The directions come as an argument and already have the spread for $\sigma^2 = \sqrt{D}$. You may call your
# `random_features` or make the features here, as you like; if you call it, a mistake in it becomes a mistake
# of this function too. **(4 points)**

# %% solution="rff_attention"
def random_feature_attention(queries, keys, values, directions):
    """Return the outputs, N rows of M, estimated with the features of the given directions."""
    ### BEGIN SOLUTION
    # phi without its scale: 1/D_r stands above and below the line.
    q_waves, k_waves = (
        torch.cat([angles.sin(), angles.cos()], dim=-1)
        for angles in (queries @ directions.T, keys @ directions.T)
    )
    k_waves = k_waves * torch.exp(keys.square().sum(dim=-1, keepdim=True) / (2 * math.sqrt(keys.shape[-1])))
    return q_waves @ (k_waves.T @ values) / (q_waves @ k_waves.sum(dim=0))[:, None]
    ### END SOLUTION


# %% [markdown]
# Two cases by hand. With a single key there is one place to look, whatever the features say. And if every
# direction is the zero vector, all estimated kernel values are 1, and only $g$ is left. What are then the
# weights of the keys $(0, 0, 0, 0)$ and $(2, 0, 0, 0)$ when $D = 4$?

# %% graded="rff_attention" points=4 spec="10.Q1a-ii" kind="function"
visible.random_feature_attention(random_feature_attention)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_rff_attention(random_feature_attention)
### END HIDDEN TESTS

# %% [markdown]
# What does a function written in this order cost for all $N$ positions together, in self-attention
# ($J = N$)? Count everything between the arguments and the result, from its first line to its last. Enter
# the order of growth in $N$, $D$, $D_r$ (typed `D_r`) and $M$; all four may grow, none is small compared with another.
# Constant factors do not matter, and you may write `O(...)` around it or not. **(3 points)**

# %% solution="cost_features"
feature_attention_cost = BLANK("N D_r (D + M)")

# %% graded="cost_features" points=3 spec="10.Q1a-ii" kind="big_o"
visible.cost_features(feature_attention_cost)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_cost_features(feature_attention_cost)
### END HIDDEN TESTS

# %% [markdown]
# How many directions does one need? The next cell prepares an experiment: 32 positions, 16 channels, and for
# each number of directions eight independent draws. It compares your estimate with softmax attention and
# takes the median error of an output entry.

# %% locked="comparison"
source = torch.Generator().manual_seed(11)
queries, keys, values = torch.randn(3, 32, 16, generator=source, dtype=torch.float64) / 2
softmax_outputs = (queries @ keys.T / 4).softmax(dim=-1) @ values
draws = torch.randn(8, 4096, 16, generator=source, dtype=torch.float64)


def median_error(count):
    """Return the median error of an output entry with `count` directions, over eight draws of them."""
    waves = [scaled_directions(draw[:count], 2.0) for draw in draws]
    outputs = torch.stack([random_feature_attention(queries, keys, values, w) for w in waves])
    return float((outputs - softmax_outputs).abs().median())


# %% [markdown]
# Make a prediction first: **how many times more directions does it take to halve the error?** Put your
# number in place of `None` and run the cell.

# %% draw="error"
guess = None  # your prediction: this many times more directions halve the error
counts = [16, 64, 256, 1024, 4096]
figures.error_against_directions(counts, [median_error(count) for count in counts], guess)

# %% [markdown]
# In your figure both axes are logarithmic, so a power law is a straight line. The dashed line falls like
# $1/\sqrt{D_r}$, which is how the mean of independent draws approaches its limit: your points should run
# along it, and your guess should lie on top if you guessed the factor right. If your points bend and become
# flat instead, the estimates converge to something that is not softmax attention; the spread of the
# directions is the first suspect.
#
# It is a slow law. One more correct decimal costs a hundred times as many directions, and with 64 channels a
# respectable estimate needs more features than many sequences have positions. And there is something worse
# than being slow. The next cell takes the first sixteen queries and keys, makes them longer by half, and
# lets the values be unit vectors, so that the outputs *are* the attention weights. It shows the table of
# softmax beside the one that 256 of your directions estimate.

# %% draw="maps"
longer = 1.5 * queries[:16], 1.5 * keys[:16]
waves = scaled_directions(draws[0, :256], 2.0)
estimated = random_feature_attention(*longer, torch.eye(16, dtype=torch.float64), waves)
figures.weight_maps((longer[0] @ longer[1].T / 4).softmax(dim=-1), estimated)

# %% [markdown]
# In your figure every cross is a *negative* attention weight. Softmax has none. Where the true kernel value
# is small, the estimate is a small mean of large cosines, and the noise decides its sign. If it happens to
# most keys of a row, the row's sum comes close to zero, and dividing by it throws the output anywhere.
#
# **In your own words (3 points, read by a person):** why do sine and cosine features allow negative weights,
# and why does a larger $D_r$ make them rarer without ruling them out? Choromanski et al. (2020,
# arXiv:2009.14794) use the features $\exp(w_i \cdot x - \|x\|^2 / 2)$ instead, which estimate
# $\exp(q \cdot k)$ for standard normal $w_i$. What do these guarantee for every draw, and for which pairs of $q$ and $k$
# is their *relative* error better behaved than that of the waves? Five or six sentences are enough.

# %% [markdown] written="negative_weights" points=3 spec="10.Q1a-ii" kind="written" shows="maps"
# ### BEGIN SOLUTION
# A product of wave features is the mean of cosines of $w_i \cdot (q - k)$. A cosine lies anywhere between
# $-1$ and $1$, so nothing keeps a finite mean of them above zero; only its expectation, the kernel, is
# positive. The standard deviation of the mean is at most of order $1/\sqrt{D_r}$, while the kernel value of
# a distant pair can be far smaller than that. More directions shrink the noise and so the pairs whose kernel
# is drowned by it, but for any fixed $D_r$ there are pairs distant enough.
#
# Exponentials are positive, so is every product of two such feature vectors, and so are all weights and all
# denominators, for every draw. The variance of one direction's estimate, relative to the square of its mean
# $\exp(q \cdot k)$, is $\exp(\|q + k\|^2) - 1$: small where $q$ and $k$ point in opposite directions, which is
# where the weights are small. The waves have an absolute error of about the same size for all distant pairs,
# hence a huge relative one exactly there; they are exact for $q = k$, where the exponentials are worst.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: the estimate is a mean of cosines, each of either sign; only its expectation is positive.
#
# 1 point: its noise falls like $1/\sqrt{D_r}$ and stays above the kernel value of sufficiently distant
# pairs, so no $D_r$ excludes negative weights.
#
# 1 point: exponential features are positive for every draw, so weights and denominators are; their relative
# error is small where $q$ and $k$ point in opposite directions ($q \cdot k$ very negative, small weights),
# where that of the waves is unbounded. Positivity alone, with a reason, is half of it.
# ### END MARK SCHEME

# %% [markdown]
# ## (d) Only the past: attention becomes a recurrent network
#
# From here on the feature map may be anything: waves, exponentials, or the simple and popular
# $\operatorname{elu}(x) + 1$, whose $C = D$ features are all positive. So the functions below take features,
# not queries and keys. When a model writes text, position $t$ may look at the positions up to and including
# $t$:
#
# $$V'_t = \frac{\sum_{j \le t} \phi(q_t) \cdot \phi(k_j) \; v_j}{\sum_{j \le t} \phi(q_t) \cdot \phi(k_j)}.$$
#
# What is left inside the sums, once the query's features are taken out, now depends on $t$. But it differs
# from what it was at the position before by a single term. So it can be carried along: a **state**, $C \times M$,
# for the sum above the line and a **normaliser**, $C$, for the sum below it. Katharopoulos et al.
# wrote this down and called their paper *Transformers are RNNs*.
#
# Fill in the three blanks: what is added to the state, what is added to the normaliser, and what is read
# from both. Keep to new tensors rather than writing into old ones, since training will differentiate through
# the loop. **(4 points)**

# %% solution="causal"
def causal_attention(query_features, key_features, values):
    """Return the output at every position, N rows of M: a mean of the values up to that position."""
    state = torch.zeros(key_features.shape[1], values.shape[1], dtype=values.dtype)
    normaliser = torch.zeros(key_features.shape[1], dtype=values.dtype)
    outputs = []
    for q, k, v in zip(query_features, key_features, values, strict=True):
        state = state + BLANK(torch.outer(k, v))
        normaliser = normaliser + BLANK(k)
        outputs.append(BLANK((q @ state) / (q @ normaliser)))
    return torch.stack(outputs)


# %% [markdown]
# By hand: if all features are 1, all weights are equal, and the output is the running mean of the values,
# for example $2, 3, 5, 4, 4$ for the values $2, 4, 9, 1, 4$. The first output is always the first value. And
# an output must not move when a later value does.

# %% graded="causal" points=4 spec="10.Q1b" kind="function"
visible.causal_attention(causal_attention)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_causal(causal_attention)
### END HIDDEN TESTS

# %% [markdown]
# What does the loop cost for the whole sequence, given the features? Enter the order of growth in $N$, $C$
# and $M$. **(2 points)**

# %% solution="causal_time"
recurrence_cost = BLANK("N C M")

# %% graded="causal_time" points=2 spec="10.Q1b" kind="big_o"
visible.causal_time(recurrence_cost)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_causal_time(recurrence_cost)
### END HIDDEN TESTS

# %% [markdown]
# And what has to be kept from one position to the next, to go on writing? Its order of growth, again in $N$,
# $C$ and $M$; not every letter has to occur. **(1 point)**

# %% solution="causal_state"
memory_cost = BLANK("C M")

# %% graded="causal_state" points=1 spec="X1" kind="big_o"
visible.causal_state(memory_cost)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_causal_state(memory_cost)
### END HIDDEN TESTS

# %% [markdown]
# Now in numbers, for one head of a common size: $D = M = 64$ and the feature map
# $\operatorname{elu}(x) + 1$, which has as many features as $x$ has channels. How many numbers does the loop carry from one position
# to the next, state and normaliser together? **(2 points)**

# %% solution="state_size"
memory_numbers = BLANK(64 * (64 + 1))

# %% graded="state_size" points=2 spec="X1" kind="number"
visible.state_size(memory_numbers)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_state_size(memory_numbers)
### END HIDDEN TESTS

# %% [markdown]
# Softmax attention keeps every key and every value instead: after $t$ positions of this head,
# $2 \cdot 64 \cdot t$ numbers. For short texts that is less. At which position $t$ is the cache larger than the memory
# of the loop for the first time? **(2 points)**

# %% solution="crossover"
first_larger_position = BLANK(33)

# %% graded="crossover" points=2 spec="X1" kind="number"
visible.crossover(first_larger_position)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_crossover(first_larger_position)
### END HIDDEN TESTS

# %% draw="memory"
figures.memory_against_position(memory_numbers, first_larger_position)

# %% [markdown]
# In your figure the line of the cache should meet the flat line of the state where you put the dotted one.
# It happens early: within the first sentences of a text. At the right edge, after a hundred thousand tokens,
# the cache is larger by more than three orders of magnitude. That is the promise of linear attention. It is
# also its price: whatever those tokens said now lives in a space that has not grown, and something must have
# been forgotten.
#
# ## (e) Chunks: between the table and the loop
#
# The loop does little work, but it does it one position after the other, and the machines that train models
# are built for large products of matrices. The masked table of part (d)'s formula is one large product, but
# of size $N \times N$. A **chunked** form stands between them. Cut the sequence into chunks of $L$
# positions. Inside a chunk, use the table, masked so that no position sees its future. For everything before
# the chunk, use the state and the normaliser, which now move forward a whole chunk at a time. It gives
# exactly the numbers of the loop.
#
# Write it for any $L$ of at least 1. The last chunk may be shorter than the others, and a chunk may be
# longer than the sequence. Again make new tensors instead of writing into the old state. The graded check
# also makes sure that your function stores no $N \times N$ table, and that the chunk length has an effect on
# how the work is done. **(5 points)**

# %% solution="chunked"
def chunked_attention(query_features, key_features, values, length):
    """Return what causal_attention returns, computed in chunks of `length` positions."""
    ### BEGIN SOLUTION
    state = torch.zeros(key_features.shape[1], values.shape[1], dtype=values.dtype)
    normaliser = torch.zeros(key_features.shape[1], dtype=values.dtype)
    outputs = []
    for start in range(0, len(values), length):
        q, k, v = (t[start : start + length] for t in (query_features, key_features, values))
        weights = (q @ k.T).tril()
        numerators = q @ state + weights @ v
        outputs.append(numerators / (q @ normaliser + weights.sum(dim=-1))[:, None])
        state = state + k.T @ v
        normaliser = normaliser + k.sum(dim=0)
    return torch.cat(outputs)
    ### END SOLUTION


# %% [markdown]
# The cases of part (d) must come out for every chunk length. The cell below tries five positions in chunks
# of 1, 2, 3, 5 and 8: some lengths divide five, some do not, and one is larger.

# %% graded="chunked" points=5 spec="X1" kind="function"
visible.chunked_attention(chunked_attention)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_chunked(chunked_attention)
### END HIDDEN TESTS

# %% [markdown]
# What does the chunked form cost in total, as an order of growth in $N$, $L$, $C$ and $M$, for $L \le N$?
# Count the products inside the chunks as well as those with the state. **(2 points)**

# %% solution="chunked_cost"
chunk_cost = BLANK("N L (C + M) + N C M")

# %% graded="chunked_cost" points=2 spec="X1" kind="big_o"
visible.chunked_cost(chunk_cost)
### BEGIN HIDDEN TESTS
from utils.checks import linear_attention as checks

checks.check_chunked_cost(chunk_cost)
### END HIDDEN TESTS

# %% [markdown]
# A formula of that kind can be tested by counting, since the course's counter charges every product that
# torch executes. The next cell prepares 256 positions with $C = M = 32$.
#
# Predict before you run the figure: **at which chunk length does your function need twice as many products
# as with chunks of length 1?** Your formula knows.

# %% locked="sequence"
sequence = torch.rand(3, 256, 32, generator=torch.Generator().manual_seed(12), dtype=torch.float64)
lengths = [2**i for i in range(9)]

# %% draw="chunks"
guess = None  # your prediction: the chunk length at which the products have doubled
counted = [cost.count(chunked_attention, *sequence, length) for length in lengths]
figures.products_against_chunk_length(lengths, counted, len(sequence[0]), guess)

# %% [markdown]
# In your figure the circles stay low while the chunks are short and then turn upwards towards a slope of
# one; the thin grey line marks twice the products of the shortest chunks. The squares show the steps that
# must be taken one after the other. They halve with each doubling of $L$, from the first on. So there is a
# region in which one gets many fewer steps for almost no additional work, and it reaches about as far as the
# number of channels. The chunk lengths of real implementations, 64 or 128, lie there. Yang et al. (2023,
# arXiv:2312.06635) train large models in this form.
#
# ## What surprised us
#
# Softmax attention *is* attention by a Gaussian kernel, up to a factor; nothing in its formula looks like a
# bell. The spread of the directions is a matter of one exponent. It is wrong in more than one printed text,
# and a reader who only reads does not notice: with the wrong one, the estimate for the pair of part (b) is
# zero up to noise where $0.198$ would be right. A small experiment notices at once. And a running sum, which
# looks like a detail of bookkeeping, turned attention into a recurrent network.
#
# We did not prove that the quotient converges like the sums above and below its line, nor did we ask what a
# model loses when its memory has a fixed size. Models with such a memory are good at many things and poor at
# copying a long text word by word, and the remedies, gates that forget on purpose and a few layers with
# softmax, are where research stands.
#
# Where to read on:
#
# - Rahimi and Recht, *Random Features for Large-Scale Kernel Machines*, 2007.
# - Katharopoulos, Vyas, Pappas and Fleuret, *Transformers are RNNs*, 2020, arXiv:2006.16236: the recurrence.
# - Choromanski et al., *Rethinking Attention with Performers*, 2020, arXiv:2009.14794: positive features.
# - Peng et al., *Random Feature Attention*, 2021, arXiv:2103.02143: waves, keys of length one, a gate.
# - Yang et al., *Gated Linear Attention Transformers with Hardware-Efficient Training*, 2023,
#   arXiv:2312.06635: chunks, and a state that learns to forget.
