using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rules;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Worker.Calls;
using Npgsql;

namespace Gateway.Worker.Permissions;

/// <summary>Decides about calls that our store would refuse for lack of permission,
/// and asks the user where the channel is set to.</summary>
internal sealed partial class PermissionHandler(
    MetaPermissions meta, PermissionAsker asker, ContactStore contacts, PermissionRequestStore requests, ChannelStore channels,
    TimeProvider time,
    ILogger<PermissionHandler> logger) : IPermissionArbiter
{
    /// <summary>Meta's share of the seconds in which a call must be admitted or refused: to
    /// report the permission, and to take a request.</summary>
    private static readonly TimeSpan MetaTimeout = TimeSpan.FromSeconds(2), AskTimeout = TimeSpan.FromSeconds(2);

    private const string Asked = "Permission was requested, you will be called back";

    public async Task<PermissionAnswer> AskAsync(CallIdentity call, string? trunk, string? agent, CancellationToken cancellation)
    {
        try
        {
            var contact = await AskMetaAsync(call, cancellation) ?? await contacts.FindAsync(call.Channel, call.User, cancellation);
            if (PermissionRules.MayCall(contact?.Permission, time.GetUtcNow()))
                return new PermissionAnswer(true, contact!.Permission.State, "");
            return trunk is null || agent is null || await AskUserAsync(call, contact, trunk, agent, cancellation) is not { } answer
                ? Refused(contact?.Permission) : answer;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            LogUndecided(e, call.Id);
            return Refused(null) with { StoreIsUnavailable = e is NpgsqlException };
        }
    }

    private async Task<Contact?> AskMetaAsync(CallIdentity call, CancellationToken cancellation)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        timeout.CancelAfter(MetaTimeout);
        try
        {
            return await meta.RefreshAsync(call.Channel, call.User, timeout.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            PermissionMetrics.Checked(null);
            return null;
        }
    }

    /// <summary>Sends a request for this agent, or registers the agent for the answer to one
    /// that was sent. Null where neither is possible.</summary>
    private async Task<PermissionAnswer?> AskUserAsync(
        CallIdentity call, Contact? contact, string trunk, string agent, CancellationToken cancellation)
    {
        if (PermissionRules.IsPermitted(contact?.Permission, time.GetUtcNow())
            || await channels.FindAsync(call.Channel, cancellation) is not { Facts.Settings.AsksPermission: true })
            return null;
        var asking = asker.AskAsync(new PermissionAsk(call.Channel, call.User, "agent:" + agent, trunk, agent), CancellationToken.None);
        if (await Task.WhenAny(asking, Task.Delay(AskTimeout, time, cancellation)) != asking)
        {
            _ = ReportAsync(asking, call.Id);
            return new PermissionAnswer(false, PermissionState.Requested, Asked); // it is in transit
        }
        var result = await asking;
        if (result.IsSent)
            return new PermissionAnswer(false, PermissionState.Requested, Asked);
        if (result.Error is { Code: WhatsAppErrorCodes.PermissionAlreadyPermanent })
            return new PermissionAnswer(true, PermissionState.Permanent, "");
        return await WaitsAsync(call, trunk, agent, cancellation) ? new PermissionAnswer(false, PermissionState.Requested, Asked) : null;
    }

    /// <summary>True where a request that may not be sent again still awaits its answer.</summary>
    private async Task<bool> WaitsAsync(CallIdentity call, string trunk, string agent, CancellationToken cancellation) =>
        await contacts.FindAsync(call.Channel, call.User, cancellation) is { } contact
        && PermissionRules.StateAt(contact.Permission, time.GetUtcNow()) == PermissionState.Requested
        && await requests.WaitAsync(contact.Id, trunk, agent, cancellation);

    private async Task ReportAsync(Task<AskResult> asking, CallId call)
    {
        try
        {
            await asking;
        }
        catch (Exception e) // The call is over, and nothing else reports it.
        {
            LogUndecided(e, call);
        }
    }

    private PermissionAnswer Refused(ContactPermission? permission)
    {
        var state = PermissionRules.StateAt(permission, time.GetUtcNow());
        return new PermissionAnswer(false, state, state switch
        {
            PermissionState.Declined => "The user declined to be called",
            PermissionState.Revoked => "The user's permission was revoked",
            PermissionState.Expired => "The user's permission has expired",
            PermissionState.Requested => "The user has not answered the request for permission",
            PermissionState.None => CauseTable.Refusal(HangupCause.NotPermitted).Text,
            _ => CauseTable.OfWhatsAppError(WhatsAppErrorCodes.DailyConnectedLimit).Refusal.Text,
        });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: the user's permission could not be determined in time")]
    private partial void LogUndecided(Exception e, CallId callId);
}
