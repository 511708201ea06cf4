"""Known mistakes of the typed answers on linear attention, each with what to say to it."""

from utils.checks.check import Mistake

GAUSSIAN_IDENTITY_MISTAKES = [
    Mistake(
        "10.Q1a-identity-sign",
        "exp(-(||q||^2 + ||k||^2) / (2 sqrt(D)))",
        "Put q = k: the kernel is 1, and exp(||q||^2/sqrt(D)) is more than 1. Is your factor?",
    ),
    Mistake(
        "10.Q1a-identity-half",
        "exp((||q||^2 + ||k||^2) / sqrt(D))",
        "Put q = k and compare both sides: your factor is the square of what it should be.",
    ),
    Mistake(
        "10.Q1a-identity-width",
        "exp((||q||^2 + ||k||^2) / (2 D))",
        "Which one is sqrt(D): sigma, or sigma^2?",
    ),
    Mistake(
        "10.Q1a-identity-key-only",
        "exp(||k||^2 / (2 sqrt(D)))",
        "Put k = 0: the left side is 1, and the kernel still falls with ||q||.",
    ),
    Mistake(
        "10.Q1a-identity-query-only",
        "exp(||q||^2 / (2 sqrt(D)))",
        "Put q = 0: the left side is 1, and the kernel still falls with ||k||.",
    ),
    Mistake(
        "10.Q1a-identity-no-factor",
        "1",
        "Put q = k: the kernel is 1 there, whatever the length of q. Is exp(q.q/sqrt(D)) too?",
    ),
    Mistake(
        "10.Q1a-identity-no-exponential",
        "(||q||^2 + ||k||^2) / (2 sqrt(D))",
        "What is added in an exponent is multiplied outside of it, as an exponential.",
    ),
    Mistake(
        "10.Q1a-identity-product",
        "exp(||q||^2 ||k||^2 / (2 sqrt(D)))",
        "Exponents of a product add up.",
    ),
]

CANCELS_MISTAKES = [
    Mistake(
        "10.Q1a-cancels-key",
        "b",
        "The sum below the line runs over the keys: can something that differs from key to key be"
        " taken out of it?",
    ),
    Mistake(
        "10.Q1a-cancels-both",
        "c",
        "Try two keys of different length at the same distance from the query. Are their weights equal?",
    ),
    Mistake(
        "10.Q1a-cancels-none",
        "d",
        "One of the two is the same number in every term above and below the line.",
    ),
    Mistake(
        "10.Q1a-cancels-blank",
        "",
        "Write the weights as a fraction and look for what every term has in common.",
    ),
]

VARIANCE_MISTAKES = [
    Mistake(
        "10.Q1a-variance-inverted",
        "sigma^2",
        "A wide kernel changes slowly. Do fast waves add up to something slow? Look at where your"
        " curve crosses the line.",
    ),
    Mistake(
        "10.Q1a-variance-std",
        "1/sigma",
        "You read the spread off the figure well; is the variance asked for, or its square root?",
    ),
    Mistake(
        "10.Q1a-variance-std-inverted",
        "sigma",
        "Two things at once: a variance is a square, and a wider kernel needs slower waves.",
    ),
    Mistake(
        "10.Q1a-variance-half",
        "1/(2 sigma^2)",
        "The mean of cos(w.x) over N(0, s^2 I) is exp(-s^2 ||x||^2/2), with a half of its own.",
    ),
    Mistake(
        "10.Q1a-variance-two",
        "2/sigma^2",
        "Both exponents have a half in them, the kernel's and the cosine's; you used one of them.",
    ),
    Mistake("10.Q1a-variance-one", "1", "That is right for one width only. Which one?"),
    Mistake(
        "10.Q1a-variance-fourth",
        "1/sigma^4",
        "You squared once too often on the way from the spread to the variance.",
    ),
]

COST_FEATURES_MISTAKES = [
    Mistake(
        "10.Q1-feature-creation",
        "N D_r M",
        "Nothing is free: where do the features of N points come from, and what does one w.x cost?",
    ),
    Mistake(
        "10.Q1a-cost-features-only",
        "N D_r D",
        "The features are paid for. What does it cost to combine them with the values?",
    ),
    Mistake(
        "10.Q1a-cost-table",
        "N^2 (D + M)",
        "This is what attention costs with a weight for each pair; your function has no such weight.",
    ),
    Mistake(
        "10.Q1a-cost-feature-table",
        "N^2 D_r + N D_r (D + M)",
        "The first of your terms pays for a table that never exists.",
    ),
    Mistake(
        "10.Q1a-cost-product",
        "N D_r D M",
        "Features are made first and used afterwards. Do the costs of two steps multiply?",
    ),
    Mistake(
        "10.Q1a-cost-no-directions",
        "N (D + M)",
        "Double the number of directions: does your cost move?",
    ),
    Mistake("10.Q1a-cost-one-query", "D_r (D + M)", "That is the price of a single position."),
    Mistake(
        "10.Q1a-cost-state-squared",
        "N D_r^2 (D + M)",
        "The state has 2 D_r rows, and a query reads each of them once.",
    ),
]

CAUSAL_TIME_MISTAKES = [
    Mistake(
        "X1-time-table",
        "N^2 (C + M)",
        "This pays for every pair of positions. How many steps does your loop take, and what does one cost?",
    ),
    Mistake(
        "X1-time-sum",
        "N (C + M)",
        "An outer product of C and M numbers has more entries than C + M.",
    ),
    Mistake("X1-time-one-step", "C M", "That is one step of the loop."),
    Mistake(
        "X1-time-past",
        "N^2 C M",
        "A step adds one outer product to the state; it does not visit the positions before.",
    ),
    Mistake("X1-time-no-values", "N C", "The normaliser costs this much. What does the state cost?"),
    Mistake("X1-time-square", "N C^2 M", "No step multiplies features with features."),
]

CAUSAL_STATE_MISTAKES = [
    Mistake(
        "X1-memory-cache",
        "N (C + M)",
        "That is a cache of everything seen. Does a step need anything but state and normaliser?",
    ),
    Mistake("X1-memory-all-states", "N C M", "Only one state is kept, the newest."),
    Mistake("X1-memory-normaliser", "C", "You counted the normaliser; the state is larger."),
    Mistake("X1-memory-sum", "C + M", "Count the entries of a matrix with C rows and M columns."),
    Mistake("X1-memory-table", "N^2", "No step looks at a pair of positions."),
    Mistake(
        "X1-memory-positions",
        "N",
        "Take two sequences, one twice as long: does a step keep more after the longer one?",
    ),
]

STATE_SIZE_MISTAKES = [
    Mistake(
        "X1-size-no-normaliser",
        64 * 64,
        "The state is right. What else does a step hand to the next?",
    ),
    Mistake(
        "X1-size-key-and-value",
        64 + 64,
        "One key and one value are what a cache adds per position.",
    ),
    Mistake("X1-size-normaliser", 64, "This is the normaliser alone."),
    Mistake("X1-size-two-normalisers", 64 * 66, "The normaliser has one number per feature, not two."),
    Mistake("X1-size-bytes", 4 * 64 * 65, "Numbers are asked for, not bytes."),
    Mistake(
        "X1-size-two-states",
        2 * 64 * 64,
        "There is one state; keys and values are multiplied into it, not kept beside it.",
    ),
    Mistake("X1-size-cube", 64 * 64 * 64, "How many axes does the state have?"),
]

CROSSOVER_MISTAKES = [
    Mistake(
        "X1-crossover-no-normaliser",
        32,
        "At this position the cache is as large as the state, but the normaliser counts too.",
    ),
    Mistake(
        "X1-crossover-not-whole",
        32.5,
        "A position is a whole number: which is the first with a cache that is larger?",
    ),
    Mistake("X1-crossover-keys-only", 66, "A cache keeps the values as well as the keys."),
    Mistake(
        "X1-crossover-keys-equal",
        65,
        "Two things: a cache keeps values as well as keys, and larger does not mean equal.",
    ),
    Mistake(
        "X1-crossover-channels",
        64,
        "The number of channels alone does not decide it: write down both sizes.",
    ),
    Mistake("X1-crossover-one-number", 4161, "A position adds more than one number to the cache."),
]

CHUNKED_COST_MISTAKES = [
    Mistake(
        "X1-chunk-cost-inside-only",
        "N L (C + M)",
        "The chunks are paid for; what of reading the state and adding to it?",
    ),
    Mistake(
        "X1-chunk-cost-state-only",
        "N C M",
        "Let L grow to N: is the table of one chunk still free?",
    ),
    Mistake("X1-chunk-cost-one-chunk", "L^2 (C + M) + L C M", "That is one chunk. How many are there?"),
    Mistake(
        "X1-chunk-cost-all-pairs",
        "N^2 (C + M)",
        "A position is compared with the positions of its own chunk only.",
    ),
    Mistake(
        "X1-chunk-cost-squared",
        "N L^2 (C + M) + N C M",
        "There are N/L chunks with L^2 pairs each: multiply again.",
    ),
    Mistake(
        "X1-chunk-cost-per-chunk",
        "N L (C + M) + N C M / L",
        "A chunk adds L outer products to the state, however it groups them.",
    ),
]
