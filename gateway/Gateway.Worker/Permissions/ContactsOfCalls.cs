using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Quality;
using Gateway.Calls.Records;
using Gateway.Storage.Calls;
using Gateway.Storage.Contacts;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Worker.Permissions;

/// <summary>
/// Applies calls to the permissions of their users, on their way into the store: consecutive unanswered calls, limits that a connected call
/// resets, and refusals by Meta of what our store allowed. The window that a user's call opens is opened at its admission, and here where
/// that could not be. All of it may be repeated.
/// </summary>
internal sealed partial class ContactsOfCalls(
    PostgresCallStore store, LiveOptions live, ContactStore contacts, MetaPermissions meta, ILogger<ContactsOfCalls> logger)
    : ICallStore
{
    /// <remarks>The record first, its contact after it: the one must not wait because the other cannot be written.</remarks>
    public async Task CompleteAsync(CallRecord record, CancellationToken cancellation)
    {
        await store.CompleteAsync(record, cancellation);
        if (AsksMeta(record))
            await meta.RefreshAsync(record.Channel, record.User, cancellation); // Meta knows when calls are allowed again
        await ApplyAsync(
            record.Id, record.Channel, record.User, record.EndedAt, known => known.After(record, live.Options.Permissions), cancellation);
    }

    /// <remarks>Records and contacts in one transaction, but for calls about which Meta is asked between the two.</remarks>
    public async Task CompleteAllAsync(IReadOnlyList<CallRecord> records, CancellationToken cancellation)
    {
        await store.CompleteAllAsync([.. records.Where(record => !AsksMeta(record))], live.Options.Permissions, cancellation);
        foreach (var record in records.Where(AsksMeta))
            await CompleteAsync(record, cancellation);
    }

    public Task AnsweredAsync(IReadOnlyList<CallAnswer> answers, CancellationToken cancellation) =>
        store.AnsweredAsync(answers, cancellation);

    public Task<bool> DialogsAsync(CallId call, DateTimeOffset startedAt, string dialogs, CancellationToken cancellation) =>
        store.DialogsAsync(call, startedAt, dialogs, cancellation);

    public Task TalkedAsync(CallId call, WhatsAppCallId whatsAppId, DateTimeOffset pickUp, CancellationToken cancellation) =>
        store.TalkedAsync(call, whatsAppId, pickUp, cancellation);

    public Task SilentAsync(CallId call, DateTimeOffset startedAt, DateTimeOffset at, CallLeg leg, CancellationToken cancellation) =>
        store.SilentAsync(call, startedAt, at, leg, cancellation);

    public Task DegradedAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Degradation degradation, CancellationToken cancellation) =>
        store.DegradedAsync(call, startedAt, at, degradation, cancellation);

    public Task RecoveredAsync(
        CallId call, DateTimeOffset startedAt, DateTimeOffset at, Recovery recovery, CancellationToken cancellation) =>
        store.RecoveredAsync(call, startedAt, at, recovery, cancellation);

    public Task<IReadOnlyList<CallRecord>> ListAsync(CallQuery query, CancellationToken cancellation) =>
        store.ListAsync(query, cancellation);

    public Task<CallRecord?> FindAsync(CallId call, CancellationToken cancellation) => store.FindAsync(call, cancellation);

    private static bool AsksMeta(CallRecord record) =>
        record.WhatsAppError?.Code == WhatsAppErrorCodes.DailyConnectedLimit && UserHandle.IsKnown(record.User);

    private async Task ApplyAsync(
        CallId call, ChannelId channel, WhatsAppUser user, DateTimeOffset at, Func<ContactPermission, ContactPermission> transition,
        CancellationToken cancellation)
    {
        if (!UserHandle.IsKnown(user))
            return;
        try
        {
            await contacts.ApplyAsync(channel, user, at, transition, call, cancellation);
        }
        catch (PostgresException e) when (!e.IsTransient) // The record comes first: it must not wait because its contact cannot be written.
        {
            LogContactFailure(e, call);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Call {CallId}: its user's permission could not be updated")]
    private partial void LogContactFailure(Exception e, CallId callId);
}
