using Gateway.Calls;

namespace Gateway.WhatsApp.Meta;

/// <summary>
/// Phone numbers as WhatsApp writes them: country code and digits, no "+". Some have two spellings (<see cref="NumberSpelling"/>), so
/// they are compared by <see cref="SameNumber"/>, never as strings.
/// </summary>
public static class WaId
{
    /// <summary>Reads digits with country code, however they were typed (<see cref="PhoneText"/>).</summary>
    public static bool TryNormalise(string? text, out string digits) => PhoneText.TryRead(text, out digits, out _);

    /// <summary>True when both are spellings of one number. False when either is not a number.</summary>
    public static bool SameNumber(string? left, string? right) =>
        TryNormalise(left, out var a) && TryNormalise(right, out var b) && NumberSpelling.Canonical(a) == NumberSpelling.Canonical(b);
}
