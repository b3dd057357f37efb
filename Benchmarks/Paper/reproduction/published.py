"""What the paper reports in its Table 2 (all with embeddings of 256): parameters in millions and test RMSE."""

ROWS = {
    "frappe": [
        ("LibFM", 1.38, 0.3385),
        ("HOFM", 2.76, 0.3331),
        ("Wide&Deep", 4.66, 0.3246),
        ("DeepCross", 8.93, 0.3548),
        ("AFM", 1.45, 0.3102),
    ],
    "movielens": [
        ("LibFM", 23.24, 0.4735),
        ("HOFM", 46.40, 0.4636),
        ("Wide&Deep", 24.69, 0.4512),
        ("DeepCross", 25.42, 0.5130),
        ("AFM", 23.26, 0.4325),
    ],
}
