using Media.Protocols.Primitives;

namespace Gateway.Sip.Messages;

/// <summary>A SIP response (RFC 3261 §7.2).</summary>
/// <param name="statusCode">100 to 699.</param>
/// <param name="reasonPhrase">May be empty; null takes the registered phrase.</param>
public sealed class SipResponse(int statusCode, string? reasonPhrase = null) : SipMessage
{
    public int StatusCode { get; } = statusCode;

    public string ReasonPhrase { get; } = SipGrammar.OneLine(reasonPhrase ?? ReasonPhrases.For(statusCode));

    public bool IsProvisional => StatusCode < 200;

    public bool IsSuccess => StatusCode is >= 200 and < 300;

    public bool IsFinal => StatusCode >= 200;

    public override string StartLine => $"SIP/2.0 {StatusCode} {ReasonPhrase}";

    /// <summary>
    /// A response with the headers that every response copies (RFC 3261 §8.2.6.2): Via, From, To, Call-ID, CSeq, and Timestamp in a 100.
    /// Values are copied as they came, malformed ones too, so that even a refused request can be answered.
    /// </summary>
    /// <param name="request">What is answered; its top Via already stamped with the source address.</param>
    /// <param name="statusCode">100 to 699.</param>
    /// <param name="toTag">Added to a To without tag in everything but a 100; null for a response that carries none.</param>
    /// <param name="reasonPhrase">Null takes the registered phrase.</param>
    public static SipResponse CreateFor(SipRequest request, int statusCode, string? toTag, string? reasonPhrase = null)
    {
        var response = new SipResponse(statusCode, reasonPhrase);
        foreach (var name in (ReadOnlySpan<string>)["Via", "From", "To", "Call-ID", "CSeq"])
            response.Headers.CopyFrom(request.Headers, name);
        if (statusCode == 100)
            response.Headers.CopyFrom(request.Headers, "Timestamp");
        else if (toTag is not null && request.Headers["To"] is { } text && NameAddr.TryParse(text, out var to) && to.Tag is null)
            response.Headers["To"] = $"{text};tag={toTag}";
        return response;
    }
}
