using static Gateway.Calls.HangupCause;

namespace Gateway.Calls.Channels;

/// <summary>The reason why a channel may not call or be called now.</summary>
/// <param name="Cause">The cause for the record.</param>
/// <param name="Text">A sentence for a desk phone and an admin.</param>
public sealed record ChannelRefusal(HangupCause Cause, string Text);

/// <summary>Decides whether a channel may call or be called: our toggles first, then the country, then
/// Meta's settings and restrictions, then the hours.</summary>
public static class ChannelRules
{
    /// <summary>The refusal, or null where the call is allowed.</summary>
    public static ChannelRefusal? MayCall(ChannelFacts channel, CallDirection direction, DateTimeOffset now)
    {
        var settings = channel.Settings;
        var isInbound = direction == CallDirection.Inbound;
        if (!settings.CallingEnabled)
            return new(ChannelDisabled, "Calling is turned off for this number");
        if (isInbound && !settings.ContactsMayCall)
            return new(ChannelDisabled, "Contacts may not call this number");
        if (!isInbound && !settings.WeMayCall)
            return new(ChannelDisabled, "This number may not call contacts");
        if (channel.Country is { } country && !(isInbound ? country.Inbound : country.Outbound))
            return new(CountryNotServed, $"Numbers of {country.Country} may not {(isInbound ? "be called" : "call")}");
        if (channel.Meta?.Status == MetaSettings.Disabled)
            return new(ChannelDisabled, "WhatsApp has calling turned off for this number");
        if (channel.Meta?.SipStatus == MetaSettings.Enabled)
            return new(ChannelDisabled, "WhatsApp sends the calls of this number to SIP servers");
        if (channel.Restrictions.FirstOrDefault(
            restriction => restriction.Forbids(direction) && restriction.IsInForce(now)) is { } restriction)
            return new(ChannelDisabled, restriction.ExpiresAt is { } end
                ? $"WhatsApp has restricted calls of this number until {end.UtcDateTime:yyyy-MM-dd HH:mm} UTC"
                : "WhatsApp has restricted calls of this number");
        if (isInbound && settings.CallHours is { } hours && !hours.IsOpenAt(now))
            return new(OutsideCallHours, "Outside the call hours of this number");
        return null;
    }
}
