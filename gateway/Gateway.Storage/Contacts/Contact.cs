using Gateway.Calls;
using Gateway.Calls.Permissions;

namespace Gateway.Storage.Contacts;

/// <summary>A WhatsApp user as one channel knows them.</summary>
/// <param name="Id">Our id; it stays when the user changes number or id.</param>
/// <param name="Channel">The business number.</param>
/// <param name="User">The phone is in its canonical spelling (<see cref="NumberSpelling"/>).</param>
/// <param name="Permission">The user's permission, with the requests of the last 7 days.</param>
/// <param name="FormerIds">Rows that turned out to be the same person; older events carry these.</param>
/// <param name="Version">Incremented with each change.</param>
/// <param name="CreatedAt">The time of the channel's first contact with the user.</param>
public sealed record Contact(
    long Id, ChannelId Channel, WhatsAppUser User, ContactPermission Permission, IReadOnlyList<long> FormerIds, long Version,
    DateTimeOffset CreatedAt);
