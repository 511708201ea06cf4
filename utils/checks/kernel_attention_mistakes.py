"""Functions that students hand in for kernel attention: wrong ones, and right ones in other idioms.

Each stands alone, with the names of the notebook's setup cell only, so that its source can be handed in.
"""


import torch

# --- feature_map(x): wrong --------------------------------------------------------------------------------


def mixed_terms_once(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1])
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, x[..., first] * x[..., second]], dim=-1)


def linear_terms_once(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([torch.ones_like(x[..., :1]), x, x**2, 2**0.5 * x[..., first] * x[..., second]], dim=-1)


def linear_terms_twice(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    parts = [torch.ones_like(x[..., :1]), 2 * x, x**2, 2**0.5 * x[..., first] * x[..., second]]
    return torch.cat(parts, dim=-1)


def no_mixed_terms(x):
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, x**2], dim=-1)


def no_constant(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([2**0.5 * x, x**2, 2**0.5 * x[..., first] * x[..., second]], dim=-1)


def no_lower_degrees(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat([x**2, 2**0.5 * x[..., first] * x[..., second]], dim=-1)


def mixed_terms_in_both_orders(x):
    pairs = (x[..., :, None] * x[..., None, :]).flatten(-2)
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, 2**0.5 * pairs], dim=-1)


def mixed_terms_doubled(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    parts = [torch.ones_like(x[..., :1]), 2**0.5 * x, x**2, 2 * x[..., first] * x[..., second]]
    return torch.cat(parts, dim=-1)


def everything_with_a_root(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1])
    pairs = x[..., first] * x[..., second]
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, 2**0.5 * pairs], dim=-1)


def rounded_root(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    return torch.cat(
        [torch.ones_like(x[..., :1]), 1.414 * x, x**2, 1.414 * x[..., first] * x[..., second]], dim=-1
    )


def root_in_single_precision(x):
    z = torch.nn.functional.pad(x, (0, 1), value=1.0)
    first, second = torch.triu_indices(z.shape[-1], z.shape[-1])
    return torch.where(first == second, 1.0, 2**0.5) * z[..., first] * z[..., second]


def scaled_to_length_one(x):
    first, second = torch.triu_indices(x.shape[-1], x.shape[-1], offset=1)
    root = 2**0.5
    features = torch.cat(
        [torch.ones_like(x[..., :1]), root * x, x**2, root * x[..., first] * x[..., second]], dim=-1
    )
    return features / features.norm(dim=-1, keepdim=True)


def square_of_the_sum(x):
    return (x.sum(-1, keepdim=True) + 1) ** 2


def kernel_of_a_row_with_itself(x):
    return ((x * x).sum(-1, keepdim=True) + 1) ** 2


def only_two_axes(x):
    first, second = torch.triu_indices(x.shape[1], x.shape[1], offset=1)
    return torch.cat([torch.ones(len(x), 1), 2**0.5 * x, x**2, 2**0.5 * x[:, first] * x[:, second]], dim=1)


# --- feature_map(x): right --------------------------------------------------------------------------------


def squares_first(q):
    D = q.shape[-1]
    i, j = torch.triu_indices(D, D, offset=1)
    return torch.cat([q**2, 2**0.5 * q[..., i] * q[..., j], 2**0.5 * q, torch.ones_like(q[..., :1])], dim=-1)


def loop_over_pairs(x):
    D = x.shape[-1]
    columns = [torch.ones_like(x[..., 0])]
    for i in range(D):
        columns.append(x[..., i] * 2**0.5)
        columns.append(x[..., i] ** 2)
        for j in range(i):
            columns.append(x[..., i] * x[..., j] * 2**0.5)
    return torch.stack(columns, dim=-1)


def all_ordered_pairs(x):
    pairs = torch.einsum("...i,...j->...ij", x, x).flatten(-2)
    return torch.cat([torch.ones_like(x[..., :1]), 2**0.5 * x, pairs], dim=-1)


def outer_product_with_a_one(x):
    z = torch.cat([x, torch.ones_like(x[..., :1])], dim=-1)
    return (z.unsqueeze(-1) * z.unsqueeze(-2)).reshape(*x.shape[:-1], -1)


def written_into_place(x):
    D = x.shape[-1]
    features = x.new_ones(*x.shape[:-1], 1 + 2 * D + D * (D - 1) // 2)
    features[..., 1 : D + 1] = x
    features[..., 1 : D + 1] *= 2**0.5
    features[..., D + 1 : 2 * D + 1] = x * x
    position = 2 * D + 1
    for i in range(D):
        for j in range(i + 1, D):
            features[..., position] = x[..., i] * x[..., j] * 2**0.5
            position += 1
    return features


def library_combinations(x):
    pairs = torch.combinations(torch.arange(x.shape[-1]), with_replacement=True)
    weights = torch.where(pairs[:, 0] == pairs[:, 1], 1.0, 2.0).to(x.dtype).sqrt()
    return torch.cat([torch.ones_like(x[..., :1]), x * 2**0.5, x[..., pairs].prod(-1) * weights], dim=-1)


def double_precision_inside(x):
    z = torch.nn.functional.pad(x.double(), (0, 1), value=1.0)
    return (z[..., :, None] * z[..., None, :]).flatten(-2).to(x.dtype)


def signs_turned(x):
    i, j = torch.tril_indices(x.shape[-1], x.shape[-1], offset=-1)
    return torch.cat(
        [-torch.ones_like(x[..., :1]), -(2**0.5) * x, x.square(), -(2**0.5) * x[..., i] * x[..., j]], -1
    )


# --- attend(query, K, V, phi): wrong ----------------------------------------------------------------------


def query_cancelled(query, K, V, phi):
    return phi(K).T @ V / phi(K).sum(0)[:, None]


def query_cancelled_and_averaged(query, K, V, phi):
    return (phi(K).T @ V / phi(K).sum(0)[:, None]).mean(0)


def product_of_sums(query, K, V, phi):
    return (phi(query) @ phi(K).sum(0)) * V.sum(0) / (phi(query) @ phi(K).sum(0))


def no_denominator(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V)


def divided_by_the_count(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / len(K)


def denominator_without_the_query(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / phi(K).sum()


def divided_inside(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V / phi(K).sum(0)[:, None])


def softmax_of_the_similarities(query, K, V, phi):
    return (phi(K) @ phi(query)).softmax(-1) @ V


def plain_query(query, K, V, phi):
    return query @ (phi(K).T @ V) / (query @ phi(K).sum(0))


def plain_keys(query, K, V, phi):
    return phi(query) @ (K.T @ V) / (phi(query) @ K.sum(0))


def features_of_the_summed_keys(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / (phi(query) @ phi(K.sum(0)))


def absolute_denominator(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / (phi(query) @ phi(K).sum(0)).abs()


def clamped_below(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / (phi(query) @ phi(K).sum(0)).clamp(min=1e-6)


def guarded_denominator(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / (phi(query) @ phi(K).sum(0) + 1e-6)


# --- attend(query, K, V, phi): right ----------------------------------------------------------------------


def sums_first(query, K, V, phi):
    return phi(query) @ (phi(K).T @ V) / (phi(query) @ phi(K).sum(0))


def loop_over_keys(query, K, V, phi):
    above, below = torch.zeros_like(V[0]), 0.0
    for key, value in zip(K, V, strict=True):
        similarity = (phi(query) * phi(key)).sum()
        above, below = above + similarity * value, below + similarity
    return above / below


def one_einsum(query, K, V, phi):
    features = phi(K)
    above = torch.einsum("p, jp, jm -> m", phi(query), features, V)
    return above / torch.einsum("p, jp ->", phi(query), features)


def divided_in_place(query, K, V, phi):
    weights = torch.mv(phi(K), phi(query))
    weights = weights.clone().div_(weights.sum())
    return torch.matmul(weights, V)


def attend_in_double(query, K, V, phi):
    weights = phi(K.double()) @ phi(query.double())
    return (weights @ V.double() / weights.sum()).to(V.dtype)


def as_columns(query, K, V, phi):
    q = phi(query).reshape(-1, 1)
    state = sum(torch.outer(f, v) for f, v in zip(phi(K), V, strict=True))
    mass = sum(f.reshape(-1, 1) for f in phi(K))
    return ((q.T @ state) / (q.T @ mass)).flatten()


# --- linear_attention(Q, K, V, phi): wrong ----------------------------------------------------------------


def all_pairs_first(Q, K, V, phi):
    weights = phi(Q) @ phi(K).T
    return (weights @ V) / weights.sum(-1, keepdim=True)


def one_row_of_weights_at_a_time(Q, K, V, phi):
    queries, keys = phi(Q), phi(K)
    rows = []
    for query in queries:
        weights = keys @ query
        rows.append(weights @ V / weights.sum())
    return torch.stack(rows)


def all_pairs_for_the_denominator(Q, K, V, phi):
    queries, keys = phi(Q), phi(K)
    return queries @ (keys.T @ V) / (queries @ keys.T).sum(-1, keepdim=True)


def added_to_the_denominator(Q, K, V, phi):
    N = Q.shape[0]
    phi_Q = phi(Q)
    phi_K = phi(K)
    kv_agg = phi_K.T @ V
    z_agg = phi_K.T @ torch.ones(N, 1)
    numerator = phi_Q @ kv_agg
    denominator = phi_Q @ z_agg
    return numerator / (denominator + 1e-6)


def added_in_any_dtype(Q, K, V, phi):
    keys = phi(K)
    return phi(Q) @ (keys.T @ V) / (phi(Q) @ keys.sum(0) + 1e-8)[:, None]


def clamped_denominator(Q, K, V, phi):
    # A lower bound for the size of the denominator, its sign kept.
    below = (phi(Q) @ phi(K).sum(0))[:, None]
    return phi(Q) @ (phi(K).T @ V) / (torch.sign(below) * below.abs().clamp(min=1e-5))


def ones_of_the_default_dtype(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V) / (phi(Q) @ (phi(K).T @ torch.ones(len(K), 1)))


def rows_without_denominator(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V)


def rows_divided_by_the_count(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V) / len(K)


def denominator_without_its_axis(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V) / (phi(Q) @ phi(K).sum(0))


def one_denominator_for_all(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V) / (phi(Q) @ phi(K).sum(0)).sum()


def queries_and_keys_swapped(Q, K, V, phi):
    return phi(K) @ (phi(Q).T @ V) / (phi(K) @ phi(Q).sum(0))[:, None]


def rows_divided_inside(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V / phi(K).sum(0)[:, None])


def rows_of_the_product_of_sums(Q, K, V, phi):
    below = (phi(Q) @ phi(K).sum(0))[:, None]
    return phi(Q) @ torch.outer(phi(K).sum(0), V.sum(0)) / below


def only_earlier_positions(Q, K, V, phi):
    keys = phi(K)
    state = (keys[:, :, None] * V[:, None, :]).cumsum(0)
    below = (phi(Q) * keys.cumsum(0)).sum(-1, keepdim=True)
    return torch.einsum("ip, ipm -> im", phi(Q), state) / below


def queries_without_features(Q, K, V, phi):
    return Q @ (phi(K).T @ V) / (Q @ phi(K).sum(0))[:, None]


def clamped_rows(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V) / (phi(Q) @ phi(K).sum(0)).clamp(min=1e-6)[:, None]


def absolute_rows(Q, K, V, phi):
    return phi(Q) @ (phi(K).T @ V) / (phi(Q) @ phi(K).sum(0))[:, None].abs()


# --- linear_attention(Q, K, V, phi): right ----------------------------------------------------------------


def loop_over_positions(Q, K, V, phi):
    queries, keys = phi(Q), phi(K)
    state, mass = torch.zeros(keys.shape[1], V.shape[1], dtype=V.dtype), torch.zeros_like(keys[0])
    for key, value in zip(keys, V, strict=True):
        state, mass = state + torch.outer(key, value), mass + key
    return torch.stack([query @ state / (query @ mass) for query in queries])


def two_einsums(Q, K, V, phi):
    queries, keys = phi(Q), phi(K)
    above = torch.einsum("ip, pm -> im", queries, torch.einsum("jp, jm -> pm", keys, V))
    return above / torch.einsum("ip, jp -> i", queries, keys)[:, None]


def values_with_a_column_of_ones(Q, K, V, phi):
    both = phi(Q) @ (phi(K).T @ torch.cat([V, torch.ones_like(V[:, :1])], dim=1))
    return both[:, :-1] / both[:, -1:]


def library_calls(Q, K, V, phi):
    state = torch.tensordot(phi(K), V, dims=([0], [0]))
    mass = torch.sum(phi(K), dim=0, keepdim=True)
    return torch.div(torch.mm(phi(Q), state), torch.nn.functional.linear(phi(Q), mass))


def accumulated_in_place(Q, K, V, phi):
    keys = phi(K)
    state = V.new_zeros(keys.shape[1], V.shape[1])
    mass = V.new_zeros(keys.shape[1])
    for start in range(0, len(K), 16):
        state += keys[start : start + 16].T @ V[start : start + 16]
        mass += keys[start : start + 16].sum(0)
    return (phi(Q) @ state).div_((phi(Q) @ mass).unsqueeze(-1))


def rows_in_double(Q, K, V, phi):
    queries, keys, values = phi(Q.double()), phi(K.double()), V.double()
    rows = queries @ (keys.T @ values) / (queries @ keys.sum(0)).unsqueeze(1)
    return rows.to(V.dtype)


def ones_like_the_values(Q, K, V, phi):
    N = Q.shape[0]
    phi_Q, phi_K = phi(Q), phi(K)
    return (phi_Q @ (phi_K.T @ V)) / (phi_Q @ (phi_K.T @ torch.ones(N, 1, dtype=V.dtype)))
