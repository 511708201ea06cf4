"""Checks of the decoding lesson: the blanks of the multi-query listing, and its damaged half."""

from __future__ import annotations

from dataclasses import replace

from coursekit.visible import decoding as visible
from utils.checks.check import Mistake, TypedCheck

# --- the blanks of the listing ----------------------------------------------------------------------------

UNANSWERED = Mistake(
    "A4-not-blanks",
    "",
    "This blank stands in a comment of the listing, and it counts: look for __A__ and __B__.",
)

check_a = TypedCheck(
    part="a",
    variable="shape_W_q",
    question=visible.a,
    right="C",
    mistakes=[
        UNANSWERED,
        Mistake(
            "A4a-shared-query",
            "A",
            "In this variant some projections are shared by the heads. All three of them?",
        ),
        Mistake(
            "A4a-no-input",
            "B",
            "The projection sums over the numbers of x. Which axis of this weight would that be?",
        ),
    ],
    alternatives={
        "the shape": "[h, d, q]",
        "without spaces": "[h,d,q]",
        "small letter": "c",
        "round brackets": "(h, d, q)",
    },
)

check_b = TypedCheck(
    part="b",
    variable="shape_W_k",
    question=visible.b,
    right="B",
    mistakes=[
        UNANSWERED,
        Mistake(
            "A4b-per-head",
            "C",
            "This weight makes keys for a cache of shape [b, n, k]. Where would its first axis go?",
        ),
        Mistake(
            "A4b-no-input",
            "A",
            "The projection sums over the numbers of x. Which axis of this weight would that be?",
        ),
    ],
    alternatives={
        "the shape": "[d, k]",
        "without spaces": "[d,k]",
        "small letter": "b",
        "in brackets": "(B)",
    },
)

X, PER_HEAD, SHARED = (2, 12), (3, 12, 4), (12, 4)
NEW_LETTER = "A letter behind the arrow has to occur before it. Where does your h come from?"

check_c = TypedCheck(
    part="c",
    variable="equation_q",
    question=replace(visible.c, shapes={"x": X, "W_q": PER_HEAD}),
    right="bd,hdq->bhq",
    mistakes=[
        Mistake("A4c-new-output-letter", 'torch.einsum("bd,dq->bhq", x, W_q)', NEW_LETTER),
        Mistake(
            "A4c-x-has-heads",
            'torch.einsum("bhd,dq->bhq", x, W_q)',
            "Count the axes of x: what are they called?",
        ),
        Mistake(
            "A4c-heads-first",
            "bd,hdq->hbq",
            "All numbers are there, in another order of axes than the next line expects.",
        ),
        Mistake(
            "A4c-heads-summed", "bd,hdq->bq", "An axis that is not named behind the arrow is summed away."
        ),
    ],
    alternatives={
        "the whole call": 'torch.einsum("bd,hdq->bhq", x, W_q)',
        "with small letters": 'torch.einsum("bd,hdq->bhq", x, w_q)',
        "with spaces": "b d, h d q -> b h q",
        "other letters": "ai,cij->acj",
        "the weight first": "torch.einsum('hdq,bd->bhq', W_q, x)",
    },
)

check_d = TypedCheck(
    part="d",
    variable="equation_k",
    question=replace(visible.d, shapes={"x": X, "W_k": SHARED}),
    right="bd,dk->bk",
    mistakes=[
        Mistake(
            "A4d-per-head",
            'torch.einsum("bd,hdk->bhk", x, W_k)',
            "That is the multi-head line. How many keys does a token get here?",
        ),
        Mistake("A4d-new-output-letter", 'torch.einsum("bd,dk->bhk", x, W_k)', NEW_LETTER),
        Mistake("A4d-batch-summed", "bd,dk->k", "Each sequence of the batch needs a key of its own."),
    ],
    alternatives={
        "the whole call": 'torch.einsum("bd,dk->bk", x, w_k)',
        "a matrix product": "x @ W_k",
        "without an arrow": "ij,jk",
        "with spaces": "b d, d k -> b k",
    },
)

check_e = TypedCheck(
    part="e",
    variable="equation_v",
    question=replace(visible.e, shapes={"x": X, "W_v": (12, 7)}),
    right="bd,dv->bv",
    mistakes=[
        Mistake(
            "A4e-per-head",
            'torch.einsum("bd,hdv->bhv", x, W_v)',
            "The listing gives the shape of W_v. Does it have an axis h?",
        ),
        Mistake("A4e-new-output-letter", 'torch.einsum("bd,dv->bhv", x, W_v)', NEW_LETTER),
        Mistake("A4e-batch-summed", "bd,dv->v", "Each sequence of the batch needs a value of its own."),
    ],
    alternatives={
        "the whole call": 'torch.einsum("bd,dv->bv", x, w_v)',
        "a matrix product": "x @ W_v",
        "other letters": "ni,io->no",
        "with spaces": "b d, d v -> b v",
    },
)

# --- the damaged half -------------------------------------------------------------------------------------

check_debug_logits = TypedCheck(
    part="debug_logits",
    variable="equation_logits",
    question=visible.debug_logits,
    right="bhk,bnk->bhn",
    mistakes=[
        Mistake(
            "A4x-two-letters",
            'torch.einsum("bhq,bnk->bhn", q, new_K)',
            "einsum multiplies entries pairwise along an axis only where both operands give it one letter.",
        ),
        Mistake(
            "A4x-no-batch",
            "bhk,ank->bhn",
            "Every query meets the keys of its own sequence only. Which letter says so?",
        ),
        Mistake(
            "A4x-logits-transposed",
            "bhk,bnk->bnh",
            "Right numbers, but the softmax expects the positions on the last axis.",
        ),
        Mistake("A4x-logits-per-head-cache", "bhk,bhnk->bhn", "How many axes does this new_K have?"),
    ],
    alternatives={
        "other letters": "bhq,bnq->bhn",
        "the whole call": 'torch.einsum("bhk,bnk->bhn", q, new_K)',
        "a matrix product": "q @ new_K.mT",
        "with spaces": "b h k, b m k -> b h m",
        "keys first": 'torch.einsum("bnk,bhk->bhn", new_K, q)',
    },
)

check_debug_output = TypedCheck(
    part="debug_output",
    variable="equation_o",
    question=visible.debug_output,
    right="bhn,bnv->bhv",
    mistakes=[
        Mistake(
            "A4x-value-letter",
            'torch.einsum("bhn,bhv->bhv", weights, new_V)',
            "Write the letters of new_V under its axes first, then use those. Which of them is summed?",
        ),
        Mistake(
            "A4x-mha-string",
            'torch.einsum("bhn,bhnv->bhv", weights, new_V)',
            "That is the multi-head line. How many axes does new_V have when the heads share it?",
        ),
        Mistake(
            "A4x-values-unweighted",
            "bhn,bmv->bhv",
            "Weight and value must belong to the same position. Which letter says so?",
        ),
        Mistake(
            "A4x-output-heads-summed",
            "bhn,bnv->bv",
            "Every head keeps its own weighted sum until W_o mixes them.",
        ),
    ],
    alternatives={
        "with spaces": "b h n, b n v -> b h v",
        "the whole call": 'torch.einsum("bhn,bnv->bhv", weights, new_V)',
        "a matrix product": "weights @ new_V",
        "values first": 'torch.einsum("bnv,bhn->bhv", new_V, weights)',
    },
)

check_debug_y = TypedCheck(
    part="debug_y",
    variable="equation_y",
    question=visible.debug_y,
    right="bhv,hvd->bd",
    mistakes=[
        Mistake(
            "A4x-output-letter",
            'torch.einsum("bhv,bdv->bd", o, W_o)',
            "A weight does not know how many sequences there are. Which axes does W_o have?",
        ),
        Mistake(
            "A4x-heads-kept", "bhv,hvd->bhd", "The heads are added up in this line; y has no axis for them."
        ),
        Mistake("A4x-width-kept", "bhv,hvd->bv", "y is as wide as x."),
        Mistake(
            "A4x-heads-apart", "bhv,gvd->bd", "With two letters every head meets the weights of all heads."
        ),
    ],
    alternatives={
        "a stray space": "bh v,hvd->bd",
        "the whole call": 'torch.einsum("bhv,hvd->bd", o, W_o)',
        "the weight first": 'torch.einsum("hvd,bhv->bd", W_o, o)',
        "other letters": "acj,cji->ai",
    },
)
