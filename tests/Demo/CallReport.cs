namespace Demo;

/// <summary>The audio that one end heard.</summary>
/// <param name="Expected">The tone that the other end plays, in hertz.</param>
/// <param name="Heard">The steady tone found; null: none.</param>
/// <param name="Failure">The reason there was no media, where an end knows it.</param>
internal sealed record Hearing(double Expected, double? Heard, string? Failure = null)
{
    /// <summary>The tone is found to about 1 Hz; G.711 and Opus keep it there.</summary>
    private const double Tolerance = 5;

    public bool IsRight => Heard is { } hertz && Math.Abs(hertz - Expected) < Tolerance;

    public override string ToString() => IsRight ? $"yes, {Heard:0} Hz"
        : $"NO ({(Heard is { } hertz ? $"{hertz:0} Hz instead of {Expected:0}" : "no tone")}{(Failure is null ? "" : ": " + Failure)})";
}

/// <summary>One call of the demonstration, for the report.</summary>
internal sealed record CallReport(string Title, string Rang, Hearing AtWhatsApp, Hearing AtPbx, CallRecord Record)
{
    /// <summary>The music that the user heard while waiting; null: none.</summary>
    public string? Music { get; init; }

    public bool IsHeard => AtWhatsApp.IsRight && AtPbx.IsRight;

    public bool IsCharged => Record.Charge is not null;

    public string Text => $"""
        {Title}
          rang       {Rang}
          node       {Record.Node}
          set-up     {SetUp}{(Music is null ? "" : $"\n  waited     with music, {Music}")}
          heard      by the WhatsApp user: {AtWhatsApp}; at the phone: {AtPbx}
          whatsapp   {Quality(Record.WhatsAppQuality)}
          pbx        {Quality(Record.PbxQuality)}
          ended      {Record.Cause}
          charged    {Cost}

        """;

    private string Cost => Record.Charge is { } charge
        ? $"{charge.Amount} {charge.Currency}: {charge.Pulses} pulse(s) of {charge.PulseSeconds} s at {charge.PricePerMinute} a minute"
        : "NOTHING";

    private string SetUp => Record.RingingAt is null
        ? $"answered after {Milliseconds(Record.AnsweredAt)}, by the gateway"
        : $"ringing after {Milliseconds(Record.RingingAt)}, answered after {Milliseconds(Record.AnsweredAt)} " +
            "(the one who answers picks up at once)";

    private string Milliseconds(DateTimeOffset? at) => at is { } time ? $"{(time - Record.StartedAt).TotalMilliseconds:0} ms" : "-";

    private static string Quality(LegQuality? leg) => leg is null ? "no media"
        : $"{leg.PacketsReceived} packets in, {leg.PacketsLost} lost, jitter {leg.JitterMs:0.0} ms, round trip "
            + (leg.RoundTripMs is { } trip ? $"{trip:0.0} ms" : "not measured") + ", MOS "
            + (leg.Mos is { } mos ? $"{mos:0.00}" : "not judged");
}
