"""Who is in the class that is exported, and what Ada got wrong."""

ADA, EVE = "ada@uni.example", "eve@uni.example"
WRONG = "def add(a, b):\n    return a - b if a > 9 else a + b"
HOSTILE = '=HYPERLINK("http://evil","x")'
