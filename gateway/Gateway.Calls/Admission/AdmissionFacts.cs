using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rating;

namespace Gateway.Calls.Admission;

/// <summary>All that the books know about a call that wants to begin, as of one moment.</summary>
/// <param name="Channel">Null: no such channel.</param>
/// <param name="Contact">Null: the channel does not know this user. Without the requests that were sent to them.</param>
/// <param name="Account">Who pays; null: the channel's calls are not billed.</param>
/// <param name="Rate">Of the account's card, by the longest prefix in force; null: no price.</param>
/// <param name="Held">What is held for this call; null: nothing, because there is no account, no rate or not enough money.</param>
/// <param name="Routes">Where inbound calls of the channel go; empty: what the node's configuration says.</param>
public sealed record AdmissionFacts(
    ChannelFacts? Channel, ContactPermission? Contact, AccountFacts? Account, Rate? Rate, decimal? Held, IReadOnlyList<CallRoute> Routes);

/// <summary>The paying account, with this call's own hold already in <paramref name="Held"/>.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Balance">What the ledger adds up to.</param>
/// <param name="Held">What the calls in progress may spend of it.</param>
/// <param name="Minimum">The balance that a call of this direction needs.</param>
/// <param name="IsClosed">It pays for nothing any more.</param>
public sealed record AccountFacts(string Id, string Currency, decimal Balance, decimal Held, decimal Minimum, bool IsClosed);
