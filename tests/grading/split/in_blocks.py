"""Quadratic ways that store little: all scores, one block of rows at a time."""

import torch

BLOCK = 512


def kernel_in_blocks(Q, K, V, phi):
    queries, keys, rows = phi(Q), phi(K), []
    for start in range(0, len(Q), BLOCK):
        scores = queries[start : start + BLOCK] @ keys.T
        rows.append(scores @ V / scores.sum(-1, keepdim=True))
    return torch.cat(rows)


def causal_in_blocks(queries, keys, values):
    rows = []
    for start in range(0, len(queries), BLOCK):
        seen = slice(0, start + BLOCK)
        scores = (queries[start : start + BLOCK] @ keys[seen].T).tril(start)
        rows.append(scores @ values[seen] / scores.sum(-1, keepdim=True))
    return torch.cat(rows)


def rff_in_blocks(queries, keys, values, directions):
    waves_q, waves_k = queries @ directions.T, keys @ directions.T
    q, k = (torch.cat([waves.sin(), waves.cos()], dim=-1) for waves in (waves_q, waves_k))
    k = k * torch.exp(keys.square().sum(-1, keepdim=True) / (2 * keys.shape[-1] ** 0.5))
    rows = []
    for start in range(0, len(q), BLOCK):
        scores = q[start : start + BLOCK] @ k.T
        rows.append(scores @ values / scores.sum(-1, keepdim=True))
    return torch.cat(rows)
