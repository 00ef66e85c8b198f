namespace Gateway.Sip.Messages;

/// <summary>The Privacy header (RFC 3323, RFC 3325 §9.3): what the caller wants hidden.</summary>
public static class PrivacyHeader
{
    public const string Name = "Privacy";

    /// <summary>The asserted identity must not be shown to the called user ("id", "user" or "header").</summary>
    public static bool HidesIdentity(SipMessage message)
    {
        foreach (var value in message.Headers.All(Name))
        {
            foreach (var token in value.Split([';', ','], StringSplitOptions.TrimEntries))
            {
                if (token.Equals("id", StringComparison.OrdinalIgnoreCase) || token.Equals("user", StringComparison.OrdinalIgnoreCase)
                    || token.Equals("header", StringComparison.OrdinalIgnoreCase))
                    return true;
            }
        }
        return false;
    }
}
