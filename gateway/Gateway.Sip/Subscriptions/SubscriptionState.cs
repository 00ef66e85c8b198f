using Gateway.Sip.Messages;

namespace Gateway.Sip.Subscriptions;

/// <summary>The Subscription-State header (RFC 6665 §8.4); an unknown state counts as active.</summary>
/// <param name="IsPending">The PBX has not decided yet.</param>
/// <param name="IsTerminated">The subscription is over.</param>
/// <param name="Reason">The word that says why it is over; empty where there is none.</param>
/// <param name="Expires">The time left.</param>
/// <param name="RetryAfter">The pause that the PBX asks for.</param>
internal readonly record struct SubscriptionState(
    bool IsPending, bool IsTerminated, string Reason, TimeSpan? Expires, TimeSpan? RetryAfter)
{
    public const string Name = "Subscription-State";

    /// <summary>Subscribing again would get the same answer (RFC 6665 §4.1.3): it is tried seldom.</summary>
    public bool IsFinal => Reason is "rejected" or "noresource" or "invariant";

    /// <summary>The PBX wants a new subscription at once (RFC 6665 §4.1.3).</summary>
    public bool WantsAnother => Reason is "deactivated" or "timeout";

    /// <summary>False without the header.</summary>
    public static bool TryRead(SipMessage message, out SubscriptionState state)
    {
        state = default;
        if (message.Headers[Name] is not { Length: > 0 } text)
            return false;
        var word = MediaType.Essence(text).ToLowerInvariant();
        state = new SubscriptionState(
            word == "pending", word == "terminated", (MediaType.Parameter(text, "reason") ?? "").ToLowerInvariant(),
            Seconds(text, "expires"), Seconds(text, "retry-after"));
        return true;
    }

    private static TimeSpan? Seconds(string text, string name) =>
        MediaType.Parameter(text, name) is { } value && SipGrammar.TryParseNumber(value, uint.MaxValue, out var seconds)
            ? TimeSpan.FromSeconds(seconds)
            : null;
}
