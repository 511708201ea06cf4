# %% [markdown]
# # Several small attentions, and a value that outgrew its box
#
# How can one layer let a word look for its verb, for the word before it and for its own repetition, all in
# the same step? Vaswani et al. (2017, "Attention Is All You Need", section 3.2.2) answer: by cutting the
# channels into slices and running one small attention on each slice. They call it *multi-head attention*.
# Everything about it fits into one class of forty lines, and nearly every mistake in it is a mistake about
# a shape.
#
# In the first half of this notebook you complete that class, hold it against PyTorch's own, watch its heads
# at work, and stop them from looking into the future. In the second half somebody makes the values twice as
# wide, and you find out what else in the class has to follow, what that costs, and what it buys.

# %% [markdown]
# ## Names and axes
#
# A *head* is one attention with its own queries, keys and values. All heads of a layer have the same width.
#
# | name | meaning |
# |---|---|
# | `b` | sequences in a batch |
# | `n`, `m` | positions that look (queries), positions that are looked at (keys) |
# | `d_model` | channels of a position where it enters and leaves the block; $d$ in formulas |
# | `num_heads` | number of heads, a divisor of `d_model` |
# | `d_k` | channels of a query or a key in one head: `d_model // num_heads` |
#
# | tensor | axes |
# |---|---|
# | what enters as `Q` | `b`, `n`, `d_model` |
# | what enters as `K` and as `V` | `b`, `m`, `d_model` |
# | one of them after `split_heads` | `b`, `num_heads`, `n` or `m`, `d_k` |
# | scores, and attention weights | `b`, `num_heads`, `n`, `m` |
# | `mask` | `b`, 1, `n`, `m`; True (or 1) where the query may look at the key |
#
# A linear layer `nn.Linear(i, o)` turns a last axis of length `i` into one of length `o`, and has a bias.

# %% locked="setup"
import math

import torch
import torch.nn.functional as F
from torch import nn

from coursekit.blanks import BLANK, ____, complete
from coursekit.boundary import define
from coursekit.figures import multi_head_attention as figures
from coursekit.visible import multi_head_attention as visible

# %% [markdown]
# ## The class with eight holes
#
# Here is the class. Each of the eight blanks, `__a__` to `__h__`, is one expression.
#
# ```python
# import math
#
# import torch
# from torch import nn
#
#
# class MultiHeadAttention(nn.Module):
#     def __init__(self, d_model, num_heads):
#         super().__init__()
#         self.d_model = d_model
#         self.num_heads = num_heads
#         self.d_k = d_model // num_heads
#         self.W_q = nn.Linear(d_model, d_model)
#         self.W_k = nn.Linear(d_model, __a__)
#         self.W_v = nn.Linear(__b__, d_model)
#         self.W_o = nn.Linear(d_model, __c__)
#
#     def scaled_dot_product_attention(self, Q, K, V, mask=None):
#         attn_scores = torch.matmul(__d__, K.transpose(-2, -1))
#         attn_scores = attn_scores / math.sqrt(self.d_k)
#         if mask is not None:
#             attn_scores = attn_scores.masked_fill(mask == 0, -1e9)
#         attn_probs = torch.__e__(attn_scores, dim=-1)
#         output = torch.matmul(attn_probs, __f__)
#         return output
#
#     def split_heads(self, x):
#         batch_size, seq_length, d_model = x.size()
#         return x.view(batch_size, seq_length, __g__, self.d_k).transpose(1, 2)
#
#     def combine_heads(self, x):
#         batch_size, _, seq_length, _ = x.size()
#         return x.transpose(1, 2).contiguous().view(batch_size, seq_length, self.d_model)
#
#     def forward(self, Q, K, V, mask=None):
#         Q = self.split_heads(self.W_q(Q))
#         K = self.split_heads(self.W_k(K))
#         V = self.split_heads(self.W_v(V))
#         attn_output = self.scaled_dot_product_attention(Q, K, V, mask)
#         output = self.__h__(self.combine_heads(attn_output))
#         return output
# ```
#
# Below, you enter the text of each blank in quotes, exactly as it would stand in the code. The cell after
# it repeats how your text was read. When the notebook is graded, every blank is put into the class with the
# seven *others right*, and the class is run beside `torch.nn.MultiheadAttention` with the same weights:
# what counts is what the code computes, so every spelling that works is right, and a slip in one blank
# never costs another. Each blank is worth 1 point.

# %% [markdown]
# ### The layers: (a), (b), (c)
#
# For query, key and value there is one layer each, and one layer for all heads together: the cutting into
# slices comes after the product with the matrix, in `split_heads`. So read `split_heads` first, multiply
# the sizes in its `view`, and ask what it expects to be given.
#
# **(a)** How many channels leave `W_k`? (1 point)

# %% solution="blank_a"
blank_a = BLANK("d_model")

# %% graded="blank_a" points=1 spec="A3a.a" kind="blank"
visible.blank_a(blank_a)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_a(blank_a)
### END HIDDEN TESTS

# %% [markdown]
# **(b)** How many channels enter `W_v`? Look at `forward` for what the layer is called with. (1 point)

# %% solution="blank_b"
blank_b = BLANK("d_model")

# %% graded="blank_b" points=1 spec="A3a.b" kind="blank"
visible.blank_b(blank_b)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_b(blank_b)
### END HIDDEN TESTS

# %% [markdown]
# **(c)** How many channels leave `W_o`, and with it the block? In a transformer the block stands in a
# *residual connection*: what comes out is added to what went in, number by number. (1 point)

# %% solution="blank_c"
blank_c = BLANK("d_model")

# %% graded="blank_c" points=1 spec="A3a.c" kind="blank"
visible.blank_c(blank_c)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_c(blank_c)
### END HIDDEN TESTS

# %% [markdown]
# ### One attention: (d), (e), (f)
#
# The method `scaled_dot_product_attention` is Eq. 1 of the paper, for all heads at once. In words: every
# query is compared with every key by a dot product; the scores of one query become weights, positive and
# with sum one; the weights average something else.
#
# **(d)** What is compared with the keys? The axes of the scores are `b`, `num_heads`, `n`, `m`. (1 point)

# %% solution="blank_d"
blank_d = BLANK("Q")

# %% graded="blank_d" points=1 spec="A3a.d" kind="blank"
visible.blank_d(blank_d)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_d(blank_d)
### END HIDDEN TESTS

# %% [markdown]
# **(e)** Which function of `torch` makes weights of scores along an axis? The line already holds `torch.`
# before the blank and the arguments behind it. (1 point)

# %% solution="blank_e"
blank_e = BLANK("softmax")

# %% graded="blank_e" points=1 spec="A3a.e" kind="blank"
visible.blank_e(blank_e)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_e(blank_e)
### END HIDDEN TESTS

# %% [markdown]
# **(f)** What is averaged with these weights? (1 point)

# %% solution="blank_f"
blank_f = BLANK("V")

# %% graded="blank_f" points=1 spec="A3a.f" kind="blank"
visible.blank_f(blank_f)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_f(blank_f)
### END HIDDEN TESTS

# %% [markdown]
# ### Cutting and gluing: (g), (h)
#
# `split_heads` reads a long row of channels as a small table, one row per head, and then moves the axis of
# heads in front of the axis of positions. Nothing is computed.
#
# **(g)** How many rows has that table? Mind where you are: this is a method of the class, and only its own
# arguments, its own variables and what hangs on `self` have names here. (1 point)

# %% solution="blank_g"
blank_g = BLANK("self.num_heads")

# %% graded="blank_g" points=1 spec="A3a.g" kind="blank"
visible.blank_g(blank_g)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_g(blank_g)
### END HIDDEN TESTS

# %% [markdown]
# **(h)** `combine_heads` puts the heads side by side again. What is done with the result before it is
# returned? Read the line together with the characters that stand before the blank. (1 point)

# %% solution="blank_h"
blank_h = BLANK("W_o")

# %% graded="blank_h" points=1 spec="A3a.h" kind="blank"
visible.blank_h(blank_h)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_blank_h(blank_h)
### END HIDDEN TESTS

# %% [markdown]
# ## Does it run, and is it the real thing?
#
# Your eight texts, put into the class. If one of them is still empty, the next cell says which.

# %% locked="assemble"
texts = {"a": blank_a, "b": blank_b, "c": blank_c, "d": blank_d}
texts |= {"e": blank_e, "f": blank_f, "g": blank_g, "h": blank_h}
MultiHeadAttention = define(visible.TEMPLATE, texts, "MultiHeadAttention")

# %% draw="completed"
print(complete(visible.TEMPLATE, texts))

# %% [markdown]
# Read it once more as a whole: four layers, one attention, one cut, one seam, and `forward` that strings
# them together. The heads do not know of each other until `W_o` mixes what they wrote.
#
# PyTorch has this layer too. It keeps the three input matrices stacked on top of each other in one tensor,
# and apart from that the eight tensors are yours. Give it your weights, and compare.

# %% draw="library"
own = MultiHeadAttention(12, 3)
tensors = own.state_dict()
library = nn.MultiheadAttention(12, 3, batch_first=True)
renamed = {f"out_proj.{kind}": tensors[f"W_o.{kind}"] for kind in ("weight", "bias")}
for kind in ("weight", "bias"):
    renamed[f"in_proj_{kind}"] = torch.cat([tensors[f"W_{x}.{kind}"] for x in "qkv"])
library.load_state_dict(renamed)
noise = torch.randn(2, 5, 12)
gap = (own(noise, noise, noise) - library(noise, noise, noise)[0]).abs().max()
print(f"largest difference between your class and PyTorch's: {gap:.1e}")

# %% [markdown]
# In your output `0.0e+00`, or a difference around `1e-07`, means that the two agree: single precision keeps
# seven digits, and libraries may add up in another order. A difference that you can see without an exponent
# means that one of the blanks runs but does something else; the suspects are (d), (e), (f) and (h).

# %% [markdown]
# ## Why the copy in `combine_heads`?
#
# One word in the class seems to do nothing: `.contiguous()`. Leave it out, as a printed version of this
# exercise once did, and the class does not run. A tensor is a row of numbers in memory, plus a rule how far
# to step along each axis (its *strides*). `transpose` changes the rule and leaves the numbers where they
# are. `view` changes the rule as well, and promises never to move a number. Here are 24 numbers as 2 heads
# of 3 positions with 4 channels each, turned as in `combine_heads`.

# %% draw="contiguous"
turned = torch.arange(24).view(1, 2, 3, 4).transpose(1, 2)
print("steps along b, n, h, d_k:", turned.stride(), " position 0:", turned[0, 0].tolist())
visible.attempt("view without the copy", lambda: turned.view(1, 3, 8))
visible.attempt("view after the copy", lambda: turned.contiguous().view(1, 3, 8))

# %% [markdown]
# The eight channels of position 0 are the numbers 0 to 3 and 12 to 15. From 3 one would have to jump to 12,
# while all other steps have length 1, and no single step length describes that. So `view` refuses.
# `contiguous()` writes the numbers down anew in the order in which they are read, and then there is a rule.
# (`reshape` makes that copy by itself whenever it must; the class says it aloud.)

# %% [markdown]
# ## What three heads look at
#
# Trained heads have jobs, some of them plain: look at the previous word, look at the same word earlier in
# the text (Elhage et al., 2021). To have something to look at without training, here are weights made by
# hand for three heads. Each word is a vector of 12 channels: four say which word it is, four say where it
# stands, like the hands of a clock, and four are empty. Head 0 searches for the same word, head 1 for the
# position before its own, head 2 for the position after it.
#
# The class returns averages of values and keeps the attention weights to itself. There is a way to ask: let
# the values be the identity matrix. The average of its rows, with some weights, *is* the row of weights.
# That is how the figures below look into your class.

# %% locked="three_heads"
sentences, vectors, weights = visible.hand_made_heads()

# %% draw="maps"
three = MultiHeadAttention(12, 3)
three.load_state_dict(weights)
figures.attention_maps(three, vectors[:1], sentences[0])

# %% [markdown]
# In your figure each row is a word that looks, and its weights add up to one. Head 0 shows the repetitions:
# three words *the* share their attention equally, and *dog*, which occurs once, finds only itself. Heads 1
# and 2 are the two diagonals. The first word has no predecessor, so its row in head 1 is spread over
# several words; softmax has no way of looking nowhere.
#
# The white staircase separates the past from the future. To the right of it lies everything that a model
# which predicts the next word must not see, and head 2 lives there altogether.

# %% [markdown]
# ## A mask for the future and for padding
#
# Sequences in a batch have different lengths, so the shorter ones are filled up with *padding* at their
# end. A mask for such a batch has two rules, and a key must pass both:
#
# * **causal**: position `i` may look at position `j` only if `j <= i` (itself included);
# * **no padding**: nobody looks at a pad. The pads themselves may look: what they see is thrown away later,
#   and since key 0 is always a word, no query is left without a key.
#
# | name | axes | meaning |
# |---|---|---|
# | `lengths` | `b` | number of words in each sequence, integers of at least 1 |
# | `n` | | number of positions, padding included, at least as large as every length |
# | result | `b`, 1, `n`, `n` | boolean, True where query `i` (third axis) may look at key `j` (fourth axis) |
#
# The axis of length 1 is where scores have their heads: all heads of a sequence share its mask. (3 points)

# %% solution="mask"
def attention_mask(lengths, n):
    """Return True where a query may look at a key: boolean, with axes b, 1, n, n."""
    ### BEGIN SOLUTION
    position = torch.arange(n)
    causal = position <= position[:, None]
    words = position < lengths[:, None]
    return (causal & words[:, None])[:, None]
    ### END SOLUTION

# %% [markdown]
# The visible check asks for two sequences on four positions, one of four words and one of two: draw both
# tables on paper first.

# %% graded="mask" points=3 spec="A3a.mask" kind="function"
visible.mask(attention_mask)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_mask(attention_mask)
### END HIDDEN TESTS

# %% draw="masked_maps"
shown = MultiHeadAttention(12, 3)
shown.load_state_dict(weights)
mask = attention_mask(torch.tensor([8, 5]), 8)
figures.attention_maps(shown, vectors[1:], sentences[1], mask[1:])

# %% [markdown]
# This is the second sentence, five words and three pads, under your mask. In your figure nothing should be
# left to the right of the staircase, and nothing in the columns of the pads. Look at head 2: the key it
# wants is forbidden for every word, and its attention went somewhere all the same, to whichever permitted
# key scores best. A mask takes a choice away; it does not make a head rest.

# %% [markdown]
# ## Where the mass leaks
#
# How bad is a wrong mask? Take the share of its attention that a word puts on later words, averaged over
# the three heads, for the first sentence. The figure shows it without a mask, with yours, with yours and
# one key too many (row `i` may see `i + 1`), and with yours turned round, each True made False.
#
# Before you run the cell: with the mask *turned round*, which share of its attention does a word put on the
# future, averaged over all eight positions? Enter a number between 0 and 1.

# %% draw="leaks"
guess = None  # your prediction, such as 0.5
leaky = MultiHeadAttention(12, 3)
leaky.load_state_dict(weights)
figures.leaks(leaky, vectors[:1], attention_mask(torch.tensor([8]), 8), guess)

# %% [markdown]
# In your figure your own mask should lie on zero. One key too many looks like a small slip, and costs
# almost as much as no mask in the second half of the sentence: the single word that it lets through is the
# very one which the model is asked to predict, and head 2, a third of all attention, takes it whole. A
# model trained like that reaches a wonderful loss and has learned to copy.
#
# And did you predict the mask turned round? It allows the future and nothing else, so one expects 100 %,
# and gets it for the first seven words. But the last word has no future; its row of the mask is False
# throughout, and its share falls to zero. What does such a row do?

# %% draw="blind"
scores = torch.tensor([1.0, 2.0, 3.0])
nowhere = torch.tensor([False, False, False])
for filler in (-1e9, -math.inf):
    print(f"{filler:8.0e} for hidden scores:", scores.masked_fill(nowhere == 0, filler).softmax(-1))

# %% [markdown]
# The class writes `-1e9` over hidden scores. As long as one key is visible this is as good as minus
# infinity: its exponential is exactly zero. If *no* key is visible, all scores are the same number, and
# softmax of equal scores is uniform: the query looks at everything that it was forbidden to see, in
# silence. With minus infinity it gets `nan`, which is ugly and cannot be overlooked. Neither is right; the
# cure is a mask that leaves every query a key, as yours does.

# %% [markdown]
# ## The same thing, head after head
#
# The class handles all heads in one product, which is fast and hides what a head is. Write it the slow way:
# take the eight tensors of the class, and compute the output one head at a time.
#
# | name | axes or value | meaning |
# |---|---|---|
# | `weights` | a dictionary | what `MultiHeadAttention(...).state_dict()` returns: `W_q.weight`, `W_q.bias` and so on |
# | `num_heads` | an integer | |
# | `Q` | `b`, `n`, `d_model` | what `forward` calls `Q`, before its layer |
# | `K`, `V` | `b`, `m`, `d_model` | likewise |
# | `mask` | `b`, 1, `n`, `m` | boolean, or None; every query may look at one key at least |
# | result | `b`, `n`, `d_model` | what `forward` returns |
#
# The matrix of a linear layer is stored as (out, in): `F.linear(x, matrix, bias)` is `x @ matrix.T + bias`.
# Head 0 owns the first `d_k` channels, head 1 the next `d_k`, and so on. Use any style you like: a loop,
# `chunk`, einsum; only stay with operations of torch, since gradients must pass as they do through the class.
# Your eight blanks are not needed here. (4 points)

# %% solution="per_head_loop"
def attention_by_heads(weights, num_heads, Q, K, V, mask=None):
    """Return the output of the block, with axes b, n, d_model, from its eight tensors."""
    ### BEGIN SOLUTION
    inputs = {"W_q": Q, "W_k": K, "W_v": V}
    q, k, v = (F.linear(x, weights[f"{name}.weight"], weights[f"{name}.bias"]) for name, x in inputs.items())
    heads = []
    slices = (x.chunk(num_heads, -1) for x in (q, k, v))
    for q_i, k_i, v_i in zip(*slices, strict=True):
        scores = q_i @ k_i.mT / math.sqrt(q_i.shape[-1])
        if mask is not None:
            scores = scores.masked_fill(~mask[:, 0], -math.inf)
        heads.append(scores.softmax(-1) @ v_i)
    return F.linear(torch.cat(heads, -1), weights["W_o.weight"], weights["W_o.bias"])
    ### END SOLUTION

# %% [markdown]
# Three things about it can be checked without a second implementation. If all keys are equal, each position
# gets the plain mean of the values. If each position sees only itself, attention does nothing, and two
# linear layers are left. And if the heads are numbered in another order, with their columns of `W_o`,
# nothing may change.

# %% graded="per_head_loop" points=4 spec="A3a.heads" kind="function"
visible.per_head_loop(attention_by_heads)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_per_head_loop(attention_by_heads)
### END HIDDEN TESTS

# %% [markdown]
# The third check is worth a thought. Because the product of `W_o` with heads side by side is a sum of
# products, one for each head, the block is a *sum of heads*: each reads its slice, and writes through its
# own columns of `W_o`. Heads have no order, and none of them needs to know how wide another one is. Keep
# that in mind for what follows.

# %% [markdown]
# # Values of twice the width
#
# Somebody wants the heads to carry more, and changes one line: `W_v` becomes
# `nn.Linear(in_features=d_model, out_features=2 * d_model)`. Queries and keys stay as they are. The block
# stands in its residual connection as before. What else has to change, as little as possible, so that the
# class runs and each attention map averages one value head that is twice as wide?
#
# Below, `self.d_model` stays the width of the residual stream, and `forward` stays as it is printed.
#
# ## The layer
#
# This is the constructor now:
#
# ```python
# import torch
# from torch import nn
#
#
# class WideLayers(nn.Module):
#     def __init__(self, d_model, num_heads):
#         super().__init__()
#         self.d_model = d_model
#         self.num_heads = num_heads
#         self.d_k = d_model // num_heads
#         self.W_q = nn.Linear(d_model, d_model)
#         self.W_k = nn.Linear(d_model, d_model)
#         self.W_v = nn.Linear(in_features=d_model, out_features=2 * d_model)
#         self.W_o = __i__
# ```
#
# **(i)** Enter the text of blank `__i__`: everything to the right of the equals sign. It is tested by
# handing the layer wide heads side by side, and by adding what comes out to the input of the block. (1
# point)

# %% solution="b_layer"
wide_output_layer = BLANK("nn.Linear(2 * d_model, d_model)")

# %% graded="b_layer" points=1 spec="A3b.layer" kind="blank"
visible.b_layer(wide_output_layer)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_layer(wide_output_layer)
### END HIDDEN TESTS

# %% [markdown]
# ## The places
#
# Which of these have to differ from the class of the first half? `W_v` has been changed already. Enter the
# letters of all that must change and of none that need not, such as `"ab"`. Follow the shape of `V` through
# the class, line by line, before you answer. (2 points)
#
# | letter | place |
# |---|---|
# | a | `W_q` and `W_k` |
# | b | `self.d_k`, and with it the scale |
# | c | `self.num_heads` |
# | d | `scaled_dot_product_attention` |
# | e | `split_heads` |
# | f | `combine_heads` |
# | g | `W_o` |

# %% solution="b_where"
places = BLANK("efg")

# %% graded="b_where" points=2 spec="A3b.where" kind="choices"
visible.b_where(places)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_where(places, points=2)
### END HIDDEN TESTS

# %% [markdown]
# ## Run it
#
# The answer that one reads most often to this question is a single line, the output layer. Opinions about
# shapes are cheap; here is the class of the first half with the wide `W_v` and *your* output layer in it,
# and nothing else changed.

# %% draw="layers_alone"
alone = define(visible.LAYERS_ALONE, {**texts, "i": wide_output_layer}, "MultiHeadAttention")(12, 3)
entering = torch.randn(2, 5, 12)
visible.attempt("two layers changed, all else as before", lambda: alone(entering, entering, entering))

# %% [markdown]
# In your output the class should have stopped with an error about a shape that is invalid for an input of
# size 240. Count: 2 sequences of 5 positions with 24 channels are 240 numbers, and somewhere they are asked
# to become 2 times 5 times 3 times 4. Mending that place uncovers the next one. If your answer about the
# places was another, this is the time to go back to it.

# %% [markdown]
# ## The repaired middle
#
# Write the part of the block that lies between the four layers: from queries, keys and values that have
# been through their layers to the heads side by side, which `W_o` receives.
#
# | name | axes | meaning |
# |---|---|---|
# | `Q` | `b`, `n`, `d_model` | after `W_q` |
# | `K` | `b`, `m`, `d_model` | after `W_k` |
# | `V` | `b`, `m`, `2 * d_model` | after the wide `W_v` |
# | `num_heads` | an integer | the same number of heads for all three |
# | `mask` | `b`, 1, `n`, `m` | boolean, or None; every query may look at one key at least |
# | result | `b`, `n`, `2 * d_model` | the heads side by side, head 0 first |
#
# You may write it as one function, or bring the methods of the class along as functions of your own. It
# must equal a loop over the heads, in numbers and in gradients. Each head owns neighbouring channels;
# decide how many of `Q`, of `K` and of `V`, and what the scores are divided by. (4 points)

# %% solution="b_code"
def wide_value_attention(Q, K, V, num_heads, mask=None):
    """Return the combined heads, with axes b, n and the channels of V."""
    ### BEGIN SOLUTION
    q, k, v = (x.view(x.size(0), x.size(1), num_heads, -1).transpose(1, 2) for x in (Q, K, V))
    scores = torch.matmul(q, k.transpose(-2, -1)) / math.sqrt(q.size(-1))
    if mask is not None:
        scores = scores.masked_fill(mask == 0, -1e9)
    heads = torch.matmul(torch.softmax(scores, dim=-1), v)
    return heads.transpose(1, 2).contiguous().view(V.size(0), Q.size(1), -1)
    ### END SOLUTION

# %% [markdown]
# Two cases need no computing. If each position sees only itself, all channels of `V` come back, each in its
# place. If all keys are equal, every position gets the mean of `V`.

# %% graded="b_code" points=4 spec="A3b.code" kind="function"
visible.b_code(wide_value_attention)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_code(wide_value_attention)
### END HIDDEN TESTS

# %% [markdown]
# Now the block as a whole, your layer behind your middle, and the sum that decides about its width. The
# second line of the output shows what would happen if the wide heads were returned as they are.

# %% draw="residual"
wide = define(visible.WIDE_LAYERS, {"i": wide_output_layer}, "WideLayers")(12, 3)
stream = torch.randn(2, 5, 12)
combined = wide_value_attention(wide.W_q(stream), wide.W_k(stream), wide.W_v(stream), 3)
visible.attempt("input + W_o(heads)", lambda: stream + wide.W_o(combined))
visible.attempt("input + heads", lambda: stream + combined)

# %% [markdown]
# The width inside a block is the block's own business, and can be anything. The width at its ends is not:
# in your output the first sum has the shape of the input, and the second one does not exist. That is why
# the widening ends at `W_o`, and why no other layer of the network had to be asked.

# %% [markdown]
# ## What it costs
#
# Count all parameters of the block, the entries of the four matrices and of the four biases, as a formula
# in $d$, the width `d_model`. Write `d^2` for a square; `d_model` is understood as well.
#
# **Before** the widening, all layers from $d$ to $d$: (1 point)

# %% solution="b_count_before"
parameters_before = BLANK("4d^2 + 4d")

# %% graded="b_count_before" points=1 spec="A3b.count" kind="formula"
visible.b_count_before(parameters_before)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_count_before(parameters_before)
### END HIDDEN TESTS

# %% [markdown]
# **After** it, with the wide `W_v` and the output layer that fits: (1 point)

# %% solution="b_count"
parameters_after = BLANK("6d^2 + 5d")

# %% graded="b_count" points=1 spec="A3b.count" kind="formula"
visible.b_count(parameters_after)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_count(parameters_after)
### END HIDDEN TESTS

# %% [markdown]
# Try your formulas on a block that you can count: for $d = 12$ the next cell counts the tensors of your own
# class and of your own layers.

# %% draw="counted"
narrow_block = MultiHeadAttention(12, 3)
wide_block = define(visible.WIDE_LAYERS, {"i": wide_output_layer}, "WideLayers")(12, 3)
for label, block in (("before", narrow_block), ("after", wide_block)):
    print(label, sum(tensor.numel() for tensor in block.parameters()))

# %% [markdown]
# If one of these numbers is not what your formula gives for $d = 12$, the difference tells you what is
# missing: a multiple of 144 is a matrix, a multiple of 12 is a bias.

# %% [markdown]
# ## What it buys
#
# Take one head and forget the attention weights. If a word is looked at, its vector $x$ goes through the
# head's rows of `W_v` and then through the head's columns of `W_o`: what is written is $W_o^{(i)} W_v^{(i)}
# x$, plus a constant. This map takes $d$ channels to $d$ channels, and everything passes through the
# channels of one value head on the way. Elhage et al. call it the head's OV circuit. Its *rank* is the
# number of independent directions that it can move.
#
# Give the smallest upper bound on that rank that holds for all weights, as a formula in `d` (the width
# `d_model`) and `d_k` (which stays `d_model // num_heads`). It must be right for every number of heads, one
# head included; `min(...)` and `max(...)` may be used. Enter the bound alone, without "rank" or a sign such as
# <= in front of it.
#
# **Before** the widening: (1 point)

# %% solution="b_rank_before"
rank_before = BLANK("d_k")

# %% graded="b_rank_before" points=1 spec="A3b.rank" kind="formula"
visible.b_rank_before(rank_before)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_rank_before(rank_before)
### END HIDDEN TESTS

# %% [markdown]
# **After** it: (2 points)

# %% solution="b_rank"
rank_after = BLANK("min(d, 2 d_k)")

# %% graded="b_rank" points=2 spec="A3b.rank" kind="formula"
visible.b_rank(rank_after)
### BEGIN HIDDEN TESTS
from utils.checks import multi_head_attention as checks

checks.check_b_rank(rank_after)
### END HIDDEN TESTS

# %% [markdown]
# A rank can be seen: it is the number of singular values that are not zero. Here they are for one head of
# your own class and of your own wide layers, with random weights and $d = 12$, once with four heads and
# once with a single one.

# %% draw="spectra"
wide_layers = define(visible.WIDE_LAYERS, {"i": wide_output_layer}, "WideLayers")
torch.manual_seed(0)
narrow_blocks = [MultiHeadAttention(12, heads) for heads in (4, 1)]
figures.spectra(narrow_blocks, [wide_layers(12, heads) for heads in (4, 1)])

# %% [markdown]
# In your figure count the points above rounding in each curve, and compare with your two formulas for $d =
# 12$ and $d_k = 3$, then for $d_k = 12$. In one of the two panels the widening buys something, and in the
# other it buys nothing at all, although half as many parameters again were paid in both.

# %% [markdown]
# ## One thing that did not change
#
# A colleague reads your repaired class and objects: "Your value heads have $2 d_k$ channels now, so the
# scores must be divided by $\sqrt{2 d_k}$." Explain in two or three sentences what the divisor is there
# for, and what follows for it here. A person reads this answer. (2 points)

# %% [markdown] written="why_scale" points=2 spec="A3b.scale" kind="written"
# ### BEGIN SOLUTION
# A score is a sum of $d_k$ products of a query channel and a key channel, so its variance grows like $d_k$;
# dividing by $\sqrt{d_k}$ keeps it near one and the softmax away from saturation. Values take no part in
# that sum: they are averaged after the softmax. Queries and keys still have $d_k$ channels, so the divisor
# stays $\sqrt{d_k}$.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 1 point: the divisor keeps the size (variance, standard deviation) of a dot product of query and key
# independent of its number of terms, or keeps the softmax from saturating.
#
# 1 point: only queries and keys enter the scores, their width is unchanged, therefore so is the divisor. No
# point for "it stays" without a reason.
# ### END MARK SCHEME

# %% [markdown]
# ## What surprised us, what we did not prove, where to read on
#
# **Surprises.** A class of forty lines, printed as an exercise, did not run, for want of a copy that looks
# like nothing. The usual answer to the second half does not run either: whoever gives it has followed the
# widths of the layers and not the reshapes between them. And a query that is forbidden everything looks at
# everything.
#
# **Not proved.** That several heads are better than one: Eq. 1 with one wide head has as many parameters,
# and which one learns better is a matter of experiment. That wide values are worth their price: the rank is
# only a bound on what a head could do. And our three heads had their weights made by hand; trained ones are
# rarely so clean.
#
# **Read on.** Vaswani et al. (2017), arXiv:1706.03762, section 3.2. Elhage et al. (2021), "A Mathematical
# Framework for Transformer Circuits", transformer-circuits.pub, for blocks as sums of heads. Michel, Levy
# and Neubig (2019), "Are Sixteen Heads Really Better than One?", arXiv:1905.10650, who take heads away.
# Bhojanapalli et al. (2020), "Low-Rank Bottleneck in Multi-head Attention Models", arXiv:2002.07028, who
# ask what a narrow head cannot do. The next lesson on decoding lets all heads share one set of keys and
# values.
