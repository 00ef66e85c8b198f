using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Admission;

/// <summary>Everything the store knows, at one moment, about a call that is about to begin.</summary>
/// <param name="Channel">Null: no such channel.</param>
/// <param name="Contact">Null: the channel does not know this user. The permission requests sent to the user are not included.</param>
/// <param name="Account">The paying account; null: the channel's calls are not billed.</param>
/// <param name="Rate">The rate of the account's card with the longest matching prefix in force; null: no price.</param>
/// <param name="Held">The amount held for this call; null: none, because there is no account, no rate or not enough money.</param>
/// <param name="Routes">The routes of the channel's inbound calls; empty: those of the node's configuration.</param>
public sealed record AdmissionFacts(
    ChannelFacts? Channel, ContactPermission? Contact, AccountFacts? Account, Rate? Rate, decimal? Held, IReadOnlyList<CallRoute> Routes)
{
    /// <summary>The agent whom the contact talked to last, and when; null: none.</summary>
    public LastAgent? LastAgent { get; init; }

    /// <summary>The call that the offer has begun before, at another node: nothing was begun now. Null: none.</summary>
    public CallId? BegunAs { get; init; }
}

/// <summary>The agent whom a contact talked to last.</summary>
/// <param name="Agent">Who; may be deleted since.</param>
/// <param name="At">The end of that call.</param>
public sealed record LastAgent(AgentId Agent, DateTimeOffset At);

/// <summary>The paying account, with this call's own hold already in <paramref name="Held"/>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Balance">The sum of the ledger.</param>
/// <param name="Held">The part of it that is held for calls in progress.</param>
/// <param name="Minimum">The balance required for a call of this direction.</param>
/// <param name="IsClosed">True where the account no longer pays for calls.</param>
public sealed record AccountFacts(string Id, string Currency, decimal Balance, decimal Held, decimal Minimum, bool IsClosed);
