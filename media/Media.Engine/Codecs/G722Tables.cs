namespace Media.Engine.Codecs;

/// <summary>The constants of ITU-T G.722 (tables 6 … 17), in the Recommendation's own scaling.</summary>
internal static class G722Tables
{
    /// <summary>Half of the 24-tap quadrature mirror filter (§3.1, table 11); the other half is its mirror.</summary>
    public static readonly short[] Qmf = [3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11];

    /// <summary>Decision levels of the 60-level lower-band quantizer (Q6).</summary>
    public static readonly short[] LowLevels =
    [
        0, 35, 72, 110, 150, 190, 233, 276, 323, 370, 422, 473, 530, 587, 650,
        714, 786, 858, 940, 1023, 1121, 1219, 1339, 1458, 1612, 1765, 1980, 2195, 2557, 2919,
    ];

    /// <summary>Lower-band code by decision interval 1 … 30, for negative differences (ILN).</summary>
    public static readonly byte[] LowCodesNegative =
        [0, 63, 62, 31, 30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4];

    /// <summary>The same for positive differences (ILP).</summary>
    public static readonly byte[] LowCodesPositive =
        [0, 61, 60, 59, 58, 57, 56, 55, 54, 53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32];

    /// <summary>Step multipliers by the magnitude of the lower band's upper four bits (WL over RL42).</summary>
    public static readonly short[] LowMultipliers =
        [-60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60];

    /// <summary>Output of the 15-level inverse quantizer the predictor uses (QM4).</summary>
    public static readonly short[] LowCoarse =
        [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0];

    /// <summary>Output of the 60-level inverse quantizer the listener hears (QM6).</summary>
    public static readonly short[] LowFine =
    [
        -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856,
        -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728,
        24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456,
        4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136,
    ];

    /// <summary>The higher band's one decision level (Q2).</summary>
    public const int HighLevel = 564;

    /// <summary>Output of the higher band's inverse quantizer (QM2), by code.</summary>
    public static readonly short[] HighFine = [-7408, -1616, 7408, 1616];

    /// <summary>Step multipliers of the higher band, by code (WH over RH2).</summary>
    public static readonly short[] HighMultipliers = [798, -214, 798, -214];
}
