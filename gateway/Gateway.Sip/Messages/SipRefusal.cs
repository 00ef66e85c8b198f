namespace Gateway.Sip.Messages;

/// <summary>The reason why a well-formed request is refused, and the response (RFC 3261 §8.2).</summary>
/// <param name="StatusCode">400 to 699.</param>
/// <param name="Why">A word for logs and metrics from the closed set that <see cref="RequestValidator"/> uses.</param>
/// <param name="Headers">What explains it to the peer: Allow, Unsupported, Accept.</param>
public sealed record SipRefusal(int StatusCode, string Why, params IReadOnlyList<SipHeader> Headers)
{
    public SipResponse CreateResponse(SipRequest request, string toTag)
    {
        var response = SipResponse.CreateFor(request, StatusCode, toTag);
        foreach (var (name, value) in Headers)
            response.Headers.Add(name, value);
        return response;
    }
}
