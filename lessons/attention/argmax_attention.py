# %% [markdown]
# # Only the best will do
#
# An attention layer compares a query with every key and returns a mixture of all the values. Mixtures are
# polite and a little indecisive. What if the layer simply took the value whose key fits best, and ignored
# the others? It would be sharper, it would be easier to explain, and it would not have to read values that
# nobody wants.
#
# In this notebook you build that layer, run it by hand and in code, and then ask the question that decides
# its fate: *can a network that contains it be trained by gradients, and which parts of it?*
#
# Hard attention was set against the soft kind by Xu et al., *Show, Attend and Tell* (2015, arXiv:1502.03044).

# %% [markdown]
# ## The words and the letters
#
# One query $q$ meets $m$ keys. The **score** of a key is its inner product with the query. The layer finds
# the largest score and returns the value that belongs to that key, unchanged: *argmax* stands where a
# softmax would usually be. Nothing is divided by $\sqrt d$ here; a positive factor does not change who is
# largest.
#
# | name | axes | meaning |
# |---|---|---|
# | `q` | `d` | one query |
# | `K` | `d m` | $m$ keys; each **column** is one key |
# | `V` | `v m` | $m$ values; each **column** is one value, and column $j$ belongs to key $j$ |
# | `temperature` | a number | positive; large is hot, small is cold |
#
# Run the first cell now. It is read-only, like every cell that only prepares something.

# %% locked="setup"
from functools import partial

import torch
import torch.nn.functional as F

from coursekit.blanks import BLANK, ____
from coursekit.boundary import gradients
from coursekit.figures import argmax_attention as figures
from coursekit.visible import argmax_attention as visible

# %% [markdown]
# Wherever you see `____`, put your answer in its place. Vectors are entered as a list such as `[7, 0, -2]`.
# The cell below each answer shows how yours was read. Whether it is right is decided when the notebook is
# graded.
#
# ## (a) With a pencil
#
# Four keys of three numbers each, four values of three numbers each, and one query:
#
# $$K = \begin{pmatrix} 1 & 0 & 5 & 0 \\ 2 & 3 & 0 & 0 \\ 0 & 4 & 0 & 1 \end{pmatrix}, \qquad
# V = \begin{pmatrix} 2 & 1 & 0 & 1 \\ 0 & 4 & -1 & 0 \\ 1 & 3 & 4 & -1 \end{pmatrix}, \qquad
# q = \begin{pmatrix} 1 \\ 1 \\ 2 \end{pmatrix}.$$
#
# What are the scores, one for each key, in the order of the keys? **(2 points)**

# %% solution="a_scores"
scores = BLANK([3, 11, 5, 2])

# %% graded="a_scores" points=2 spec="A2a.scores" kind="vector"
visible.a_scores(scores)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_a_scores(scores)
### END HIDDEN TESTS

# %% [markdown]
# Which key wins? Give its position *as torch would*: the number that `argmax` returns when it is handed your
# scores. **(1 point)**

# %% solution="a_index"
winner = BLANK(1)

# %% graded="a_index" points=1 spec="A2a" kind="number"
visible.a_index(winner)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_a_index(winner)
### END HIDDEN TESTS

# %% [markdown]
# And what does the layer return? **(2 points)**

# %% solution="a"
output = BLANK([1, 4, 3])

# %% graded="a" points=2 spec="A2a" kind="vector"
visible.a(output)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_a(output)
### END HIDDEN TESTS

# %% [markdown]
# ## The same in code
#
# Here are the three as tensors, for the rest of the notebook.

# %% locked="example"
q = torch.tensor([1, 1, 2], dtype=torch.float64)
K = torch.tensor([[1, 0, 5, 0], [2, 3, 0, 0], [0, 4, 0, 1]], dtype=torch.float64)
V = torch.tensor([[2, 1, 0, 1], [0, 4, -1, 0], [1, 3, 4, -1]], dtype=torch.float64)

# %% [markdown]
# Write the layer, for one query and for keys and values of any width and number, stored in columns as above.
# Whatever a gradient can follow through this layer it should be able to follow: leave the graph alone, cut
# nothing off and add nothing to it. Here and in the functions below, a result has the dtype of `V`.
# **(3 points)**

# %% solution="hard_attention"
def hard_attention(q, K, V):
    """Return the value, `v`, of the key that has the largest inner product with the query."""
    return BLANK(V[:, (q @ K).argmax()])


# %% [markdown]
# The check below uses three keys with the scores 0, 2 and 1. Three things must hold there that need no
# calculator: the second value is returned; a query three times as long makes no difference; and neither does
# another number in a value that was not selected.

# %% graded="hard_attention" points=3 spec="A2a" kind="function"
visible.hard_attention(hard_attention)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_hard_attention(hard_attention)
### END HIDDEN TESTS

# %% draw="by-hand-and-by-machine"
print("your function:", hard_attention(q, K, V).tolist())

# %% [markdown]
# Compare this line with the vector that you found with the pencil.
#
# ## Between the mean and the maximum
#
# The hard layer has a soft relative with a dial. Divide the scores by a **temperature** $T > 0$ before the
# softmax:
#
# $$\mathrm{soft}(q, K, V) = \sum_j w_j V_j, \qquad w = \mathrm{softmax}(s / T), \qquad s_j = q \cdot K_j.$$
#
# Take two scores whose difference is $\Delta$. Their weights have the ratio $e^{\Delta / T}$. A large $T$
# makes every such ratio nearly 1, and the output approaches the mean of all values. A small $T$ blows the
# ratios up until one weight is left, and the output approaches that of `hard_attention`. (Ordinary attention
# sits at $T = \sqrt d$.) Write it. **(3 points)**

# %% solution="soft_attention"
def soft_attention(q, K, V, temperature):
    """Return the average, `v`, of the values under the weights softmax(scores / temperature)."""
    ### BEGIN SOLUTION
    weights = ((q @ K) / temperature).softmax(dim=0)
    return V @ weights
    ### END SOLUTION


# %% [markdown]
# Again a case for the head. With the scores $0$ and $\log 3$ and $T = 1$, the weights are $1/4$ and $3/4$.
# Half the temperature, and they are $1/10$ and $9/10$. The check also asks for a very hot layer and a very
# cold one; in the cold one, scores become so large that a plain exponential of them is no longer a finite
# number.

# %% graded="soft_attention" points=3 spec="A2a" kind="function"
visible.soft_attention(soft_attention)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_soft_attention(soft_attention)
### END HIDDEN TESTS

# %% [markdown]
# Now watch the layer cool down. A small trick: hand your function the identity matrix as values, and what
# comes out are the weights themselves.

# %% draw="weights"
temperatures = torch.logspace(2, -1, 61, dtype=torch.float64).tolist()
identity = torch.eye(4, dtype=torch.float64)
outputs = [soft_attention(q, K, identity, t) for t in temperatures]
figures.weights(temperatures, outputs, scores=(q @ K).tolist())

# %% [markdown]
# On the left of your figure, at $T = 100$, the four lines lie close to $1/4$. They part as the layer cools:
# one of them rises, three fall, and the one that holds out longest belongs to the runner-up. At $T = 1$
# there is hardly anything left of it either. Nothing dramatic happens after that: for the *output*, a
# temperature of 1 and one of 0.1 are nearly the same. Keep that in mind.
#
# Now hold the dial yourself. Move the slider, with the mouse or the arrow keys; further to the right is colder.
# (When you open the notebook again later, run the cell again to get the slider back.)

# %% draw="mixture"
figures.mixture(soft_attention, q, K)

# %% [markdown]
# In your figure the bars are nearly level at $T = 100$ and a single one stands at $T = 0.1$. In between, every
# step takes most from the keys with the lowest scores: at $T = 3$ the runner-up, whose score is 6 less than the
# winner's, has about an eighth of the winner's weight, and the last key, 9 behind, a twentieth.
#
# ## (b) Can it learn?
#
# In a network, $q$ and $K$ are produced by trained projections from whatever lies below, and so are the
# values. Training sends a gradient backwards through the layer. Suppose that the softmax of every attention
# layer is replaced by an argmax. What happens to training by gradients? Choose one. **(2 points; one of the
# wrong answers is half right and earns 1)**
#
# - **a** no part of the network can be trained any more
# - **b** the gradients explode: they become infinite or undefined
# - **c** what produces queries and keys gets no signal; what produces the selected value still learns
# - **d** everything trains as before, as it does with max pooling
# - **e** training stays as it is; only the cost and the sharpness of the layer change

# %% solution="b"
effect_on_training = BLANK("c")

# %% graded="b" points=2 spec="A2b" kind="choice"
visible.b(effect_on_training)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_b(effect_on_training, points=2)
### END HIDDEN TESTS

# %% [markdown]
# You need not take your own word for it. Autograd knows, and it can be asked.
#
# A **leaf** is a tensor that was not computed from others and has `requires_grad` set. After a backward pass,
# its `.grad` holds what arrived. If no path leads back to it, `.grad` is what it was before: `None`. That is
# more than a gradient of zeros would say; it says that nobody even asked.
#
# Write the experiment for the hard layer. Make fresh leaves out of the three tensors (detached copies, so
# that the caller's tensors stay as they are), run hard attention on them, and send `upstream` back: the
# gradient of the loss with respect to the layer's output, `v` numbers that come from whatever lies above.
# Report what each leaf received. Write the layer itself into your function again, so that this part stands
# on its own. **(3 points)**

# %% solution="gradients"
def leaf_gradients(q, K, V, upstream):
    """Return a dict with the keys "q", "K" and "V": what each leaf received, None where nothing arrived."""
    ### BEGIN SOLUTION
    q, K, V = (leaf.detach().clone().requires_grad_() for leaf in (q, K, V))
    output = V[:, (q @ K).argmax()]
    output.backward(upstream)
    return {"q": q.grad, "K": K.grad, "V": V.grad}
    ### END SOLUTION


# %% [markdown]
# One thing can be said about any gradient without knowing it: if twice as much arrives from above, every leaf
# gets twice as much. The check below tries that, looks at the form of your report, and sees whether the
# caller's tensors are as they were.

# %% graded="gradients" points=3 spec="A2b" kind="function"
visible.leaf_gradients(leaf_gradients)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_gradients(leaf_gradients)
### END HIDDEN TESTS

# %% draw="report"
for name, received in leaf_gradients(q, K, V, torch.ones(3, dtype=torch.float64)).items():
    print(name, "received", received if received is None else received.tolist())

# %% [markdown]
# Read the three lines, and read your choice in (b) once more. You may change it.
#
# ## What reaches whom
#
# The soft layer passes a gradient to all three, at any temperature. How much of it? In the next cell your
# `soft_attention` is differentiated at 61 temperatures. Commit yourself first: where on the dial does the
# *query* receive the largest gradient? When the layer is `"hot"` (above 20), when it is `"cold"` (below
# 0.7), or somewhere in `"between"`? Put your prediction into the cell, then run it.

# %% draw="gradient-norms"
guess = None  # your prediction: "hot", "cold" or "between"
temperatures = torch.logspace(2, -1, 61, dtype=torch.float64).tolist()
upstream = torch.ones(3, dtype=torch.float64)
received = [gradients(soft_attention, (q, K, V, t), upstream) for t in temperatures]
figures.gradient_norms(temperatures, received, guess)

# %% [markdown]
# In your figure, follow each line to the right. One of the three ends on a level; the other two reach the
# bottom edge, a billionth, before the temperature has reached 0.2, and they go on falling below it. Yet from
# the figure before you know that the *output* hardly changes there.
#
# Now follow the query's line to the left. It falls there, too, though much more slowly, for a reason of its
# own. A formula tells the two reasons apart. Differentiate the softmax and collect terms, and you find
#
# $$\frac{\partial\, \mathrm{soft}}{\partial q} = \frac{1}{T}\, \mathrm{Cov}_w(V, K)
# = \frac{1}{T} \sum_j w_j \, (V_j - \bar V)(K_j - \bar K)^\top,$$
#
# where the bars are means under the weights $w$. When it is hot the weights settle at $1/m$, the covariance
# settles with them, and $1/T$ is left. When it is cold, ask what the covariance of values and keys is when
# one of them has all the weight.
#
# ## A detour for the gradient
#
# There is a way to have a hard output *and* a soft gradient. Going forward, the weights are those of the hard
# layer: 1 for the best key, 0 for the others. Going back, one pretends that they had been
# $w = \mathrm{softmax}(s / T)$ all along. This is the **straight-through estimator** of Bengio, Léonard and
# Courville (2013, arXiv:1308.3432).
#
# Autograd needs only one tool for it. `x.detach()` has the numbers of `x`, but nothing is followed back
# through it. So look for a sum whose numbers are those of the hard weights, and in which the only term that
# is followed back is $w$. The values are averaged with these weights in the usual way, so they should
# receive exactly what they would in the hard layer. **(3 points)**

# %% solution="straight_through"
def straight_through(q, K, V, temperature):
    """Return what hard attention returns; q and K receive the gradient of the weights softmax(scores / T)."""
    ### BEGIN SOLUTION
    soft = ((q @ K) / temperature).softmax(dim=0)
    hard = F.one_hot(soft.argmax(), len(soft)).to(soft.dtype)
    return V @ (soft + (hard - soft).detach())
    ### END SOLUTION


# %% [markdown]
# The check uses the three keys of before: the output is the second value, at any temperature; something
# arrives at the query; and the gradient of `V` is zero in every column that was not read.

# %% graded="straight_through" points=3 spec="A2b" kind="function"
visible.straight_through(straight_through)
### BEGIN HIDDEN TESTS
from utils.checks import argmax_attention as checks

checks.check_straight_through(straight_through)
### END HIDDEN TESTS

# %% [markdown]
# Does it help? Let the layer learn to return *another* value than it does: the third column of $V$. The
# function below takes plain steps of gradient descent on those leaves that are allowed to move, and notes the
# squared error on the way.

# %% locked="descent"
def errors_while_learning(layer, moving, steps=40, rate=0.01):
    """Return the squared error at each step; only the leaves whose names are in `moving` are changed."""
    leaves, errors = {"q": q, "K": K, "V": V}, []
    for _ in range(steps):
        difference = layer(*leaves.values()) - V[:, 2]
        errors.append(float((difference**2).sum()))
        received = gradients(layer, list(leaves.values()), 2 * difference)
        for name, gradient in zip(leaves, received, strict=True):
            if name in moving and gradient is not None:
                leaves[name] = leaves[name] - rate * gradient
    return errors


# %% draw="learning"
soft = partial(soft_attention, temperature=3.0)
detour = partial(straight_through, temperature=3.0)
figures.learning({
    "hard, q and K move": errors_while_learning(hard_attention, "qK"),
    "hard, V moves": errors_while_learning(hard_attention, "V"),
    "soft, q and K move": errors_while_learning(soft, "qK"),
    "straight-through, q and K move": errors_while_learning(detour, "qK"),
})

# %% [markdown]
# Four curves, four characters. In your figure, does one of them never move? One comes down although the same
# key keeps winning: what was repainted on the way? One slides down and is slow to finish, because a soft
# layer always mixes in a little of the other values. And one stands still for a few steps and then drops to
# zero at once: the query moves all the while, but the output cannot show it until another key wins.
#
# **In your own words:** a colleague wants to put the hard layer into a network. Explain what in that network
# will learn, what will not, and why: what does a small change of the query do to the output? Then name two
# repairs, and say for each what it costs. Six sentences are enough. **(3 points, read by a person)**

# %% [markdown] written="why" points=3 spec="A2b" kind="written" shows="learning"
# ### BEGIN SOLUTION
# The position of the largest score is a whole number. A small change of the query or of a key changes the
# scores a little and that number not at all, so the output stays as it is: the derivative is zero almost
# everywhere, and undefined only where two scores tie. The projections that make queries and keys therefore
# get no signal from this layer. The selected value is copied into the output, so it receives the whole
# gradient, and whatever produced it learns, as does all that comes after the layer. One repair is a softmax
# with a low temperature: its gradient is exact, but it shrinks with the temperature, and all values must be
# read. Another is the straight-through estimator: the output stays hard, but the gradient is that of another
# function, so it is biased. A third is to draw the key at random from the weights and to estimate the
# gradient from the reward (REINFORCE): without bias, but with a large variance.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: queries and keys (their projections) do not learn because the selection does not react to small
#   changes, so its derivative is zero (almost everywhere); and the values do learn. "Nothing trains": half.
# 1 point: two repairs that work: low or falling temperature, straight-through, Gumbel-softmax or another
#   sampled relaxation, policy gradient (REINFORCE), sparse softmax.
# 1 point: a true cost for each: vanishing gradient or mixed output, bias, variance, all values read.
# No point for "argmax is not differentiable" without saying what that does to the gradient.
# ### END MARK SCHEME

# %% [markdown]
# ## What surprised us
#
# That "no gradient" and "a gradient of zero" are different reports. That the query hears most from a layer
# that is neither hot nor cold. And how far apart the first two figures are: between $T = 1$ and $T = 0.3$ the
# output hardly changes any more, while the gradient of the query loses more than five powers of ten.
#
# What we did not show: that the detour works in a deep network. Its gradient is that of a function which was
# never evaluated, and there is no theorem that following it leads down; in our little example it did. We also
# left ties alone. At a tie, torch's `argmax` picks one of the best, and the output jumps as the query passes.
#
# Where to read on: Xu et al. (2015, arXiv:1502.03044) train hard attention by sampling, with the estimator
# of Williams (1992, *REINFORCE*). Jang, Gu and Poole (2016, arXiv:1611.01144) and Maddison, Mnih and Teh
# (2016, arXiv:1611.00712) soften the sampling itself, with a temperature that falls during training. Martins
# and Astudillo (2016, arXiv:1602.02068) replace the softmax by a function that can give a weight of exactly
# zero and still has a gradient.
