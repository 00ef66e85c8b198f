using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Storage.Directory;

namespace AdminApi.Calls;

/// <summary>What a WhatsApp user is called by.</summary>
public enum UserIdentifier
{
    Phone,
    UserId,
}

/// <summary>Where the parts of a call that a program asks for are looked up.</summary>
internal readonly record struct CallSources(
    AgentStore Agents, GroupStore Groups, ContactStore Contacts, ContactPages Pages, ChannelStore Channels, TimeProvider Time)
{
    /// <summary>How the channel of such a call is found.</summary>
    public const string ChannelText =
        "Without a channel the call goes out by that of the contact, else by the agent's own, else by the one that knows the " +
        "user (the newest contact), else by the only one there is.";

    public static readonly ProblemKind NoChannel = new(422, "no_channel", "The business number that calls is not known");

    /// <summary>Whom to call, and by which channel.</summary>
    /// <param name="user">Null exactly where <paramref name="contactId"/> is not.</param>
    /// <param name="contactId">The WhatsApp user, by the id of the contact.</param>
    /// <param name="by">By which of both a contact is called; null: as Graph prefers.</param>
    /// <param name="channel">The one asked for; null: none.</param>
    /// <param name="ofAgent">The agent's own; null: none.</param>
    /// <param name="cancellation">The caller's token.</param>
    public async Task<(WhatsAppUser User, ChannelId Channel, ProblemResult? Problem)> FindAsync(
        WhatsAppUser? user, long? contactId, UserIdentifier? by, string? channel, ChannelId? ofAgent, CancellationToken cancellation)
    {
        Contact? contact = null;
        if (contactId is { } id && (contact = await Contacts.FindAsync(id, cancellation)) is null)
            return Failed(Problems.NotFound.Of($"There is no contact {id}."));
        if ((user ?? UserOf(contact!, by)) is not { } called)
            return Failed(Unknown("by", "The contact has no such identifier."));
        var asked = channel is { } name ? new ChannelId(name) : (ChannelId?)null;
        if (asked is { } own && await Channels.FindAsync(own, cancellation) is null)
            return Failed(Unknown("channel", $"'{own}' is no channel."));
        return (asked ?? contact?.Channel ?? ofAgent ?? await ChannelOfAsync(called, cancellation)) is { } found
            ? (called, found, null) : Failed(NoChannel.Of("There are several channels, and none of them knows the user: name one."));
    }

    public static ProblemResult Unknown(string field, string message) =>
        StoreProblems.UnknownReference.Of($"{field}: {message}", [new FieldError(field, message)]);

    private static (WhatsAppUser User, ChannelId Channel, ProblemResult? Problem) Failed(ProblemResult problem) =>
        (new WhatsAppUser(null), default, problem);

    private static WhatsAppUser? UserOf(Contact contact, UserIdentifier? by) => by switch
    {
        UserIdentifier.Phone => contact.User.Phone is null ? null : contact.User with { UserId = null },
        UserIdentifier.UserId => contact.User.UserId is null ? null : contact.User with { Phone = null },
        _ => contact.User,
    };

    private async Task<ChannelId?> ChannelOfAsync(WhatsAppUser user, CancellationToken cancellation)
    {
        var known = await Pages.ListAsync(
            new ContactQuery(null, user.Phone, user.Phone is null ? user.UserId : null, null, null, 1), Time.GetUtcNow(), cancellation);
        if (known.Count > 0)
            return known[0].Channel;
        return await Channels.ListAsync(2, null, cancellation) is [var only] ? only.Facts.Settings.Id : null;
    }
}
