namespace Media.Engine.Codecs;

/// <summary>
/// The adaptive predictor and quantizer scale of one G.722 sub-band (ITU-T G.722 §3.5, §3.6; block names in comments are the
/// Recommendation's). Encoder and decoder run the same one, which is what keeps them in step.
/// </summary>
internal sealed class G722Band
{
    /// <summary>ITU-T G.722 table 11/G.722: log-to-linear conversion of the scale factor.</summary>
    private static readonly short[] LogToLinear =
    [
        2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714, 2774, 2834,
        2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676, 3756, 3838, 3922, 4008,
    ];

    private readonly int _scaleShift;
    private readonly int _logScaleMax;
    private readonly int[] _zeros = new int[7];        // b1 … b6, [0] unused
    private readonly int[] _differences = new int[7];  // d0 … d6: quantized differences, newest first
    private int _pole1, _pole2;                        // a1, a2
    private int _reconstructed1, _reconstructed2;      // r of the last two samples
    private int _partial1, _partial2;                  // p of the last two samples
    private int _logScale;

    /// <param name="initialScale">32 for the lower band, 8 for the higher.</param>
    /// <param name="scaleShift">8 for the lower band, 10 for the higher.</param>
    /// <param name="logScaleMax">18432 for the lower band, 22528 for the higher.</param>
    public G722Band(int initialScale, int scaleShift, int logScaleMax)
    {
        Scale = initialScale;
        _scaleShift = scaleShift;
        _logScaleMax = logScaleMax;
    }

    /// <summary>The expected value of the next sample.</summary>
    public int Prediction { get; private set; }

    private int _zeroPrediction;

    /// <summary>The quantizer's scale factor (DETL, DETH).</summary>
    public int Scale { get; private set; }

    /// <summary>Takes the step multiplier of the code just quantized and moves the scale (LOGSCL/SCALEL, LOGSCH/SCALEH).</summary>
    public void AdaptScale(int multiplier)
    {
        _logScale = Math.Clamp((_logScale * 127 >> 7) + multiplier, 0, _logScaleMax);
        var mantissa = LogToLinear[_logScale >> 6 & 31];
        var shift = _scaleShift - (_logScale >> 11);
        Scale = (shift < 0 ? mantissa << -shift : mantissa >> shift) << 2;
    }

    /// <summary>Takes the quantized difference of this sample, adapts the predictor and predicts the next sample.</summary>
    public void AdaptPredictor(int difference)
    {
        var reconstructed = Saturate(Prediction + difference);  // RECONS
        var partial = Saturate(_zeroPrediction + difference);   // PARREC
        AdaptPoles(partial);
        AdaptZeros(difference);
        Array.Copy(_differences, 1, _differences, 2, 5);        // DELAYA
        _differences[1] = difference;
        (_partial2, _partial1) = (_partial1, partial);
        (_reconstructed2, _reconstructed1) = (_reconstructed1, reconstructed);
        Predict();
    }

    public static int Saturate(int value) => Math.Clamp(value, short.MinValue, short.MaxValue);

    private void AdaptPoles(int partial)
    {
        var sameAsLast = (partial ^ _partial1) >= 0;
        var sameAsBefore = (partial ^ _partial2) >= 0;

        var scaled = Saturate(_pole1 << 2);                     // UPPOL2
        var toward = Math.Min(sameAsLast ? -scaled : scaled, short.MaxValue);
        var pole2 = (toward >> 7) + (sameAsBefore ? 128 : -128) + (_pole2 * 32512 >> 15);
        _pole2 = Math.Clamp(pole2, -12288, 12288);

        var limit = Saturate(15360 - _pole2);                   // UPPOL1
        var pole1 = Saturate((sameAsLast ? 192 : -192) + (_pole1 * 32640 >> 15));
        _pole1 = Math.Clamp(pole1, -limit, limit);
    }

    private void AdaptZeros(int difference)                     // UPZERO
    {
        var step = difference == 0 ? 0 : 128;
        for (var i = 1; i <= 6; i++)
            _zeros[i] = Saturate(((difference ^ _differences[i]) >= 0 ? step : -step) + (_zeros[i] * 32640 >> 15));
    }

    private void Predict()
    {
        var zero = 0;                                           // FILTEZ
        for (var i = 6; i > 0; i--)
            zero += _zeros[i] * Saturate(_differences[i] * 2) >> 15;
        _zeroPrediction = Saturate(zero);
        var pole = (_pole1 * Saturate(_reconstructed1 * 2) >> 15)  // FILTEP
            + (_pole2 * Saturate(_reconstructed2 * 2) >> 15);
        Prediction = Saturate(Saturate(pole) + _zeroPrediction);   // PREDIC
    }
}
