using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Npgsql;

namespace Gateway.Worker.Permissions;

/// <summary>Decides about calls that our books would refuse for want of permission, and asks the user where the channel wants that.</summary>
internal sealed partial class PermissionDesk(
    MetaPermissions meta, PermissionAsker asker, ContactStore contacts, PermissionRequests requests, ChannelStore channels, TimeProvider time,
    ILogger<PermissionDesk> logger) : IPermissionArbiter
{
    private const string Asked = "Permission was asked, you will be rung back";

    public async Task<PermissionAnswer> AskAsync(CallIdentity call, string? trunk, string? agent, CancellationToken cancellation)
    {
        try
        {
            var contact = await meta.RefreshAsync(call.Channel, call.User, cancellation) ?? await contacts.FindAsync(call.Channel, call.User, cancellation);
            if (PermissionRules.MayCall(contact?.Permission, time.GetUtcNow()))
                return new PermissionAnswer(true, contact!.Permission.State, "");
            return trunk is null || agent is null || await AskUserAsync(call, contact, trunk, agent, cancellation) is not { } answer
                ? Refused(contact?.Permission) : answer;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            LogUndecided(e, call.Id);
            return Refused(null);
        }
    }

    /// <summary>Sends a request for this agent, or lets the agent wait for the answer to one that was sent. Null where neither is possible.</summary>
    private async Task<PermissionAnswer?> AskUserAsync(CallIdentity call, Contact? contact, string trunk, string agent, CancellationToken cancellation)
    {
        if (PermissionRules.IsPermitted(contact?.Permission, time.GetUtcNow())
            || await channels.FindAsync(call.Channel, cancellation) is not { Facts.Settings.AsksPermission: true })
            return null;
        if (PermissionRules.StateAt(contact?.Permission, time.GetUtcNow()) == PermissionState.Requested
            && await requests.WaitAsync(contact!.Id, trunk, agent, cancellation))
            return new PermissionAnswer(false, PermissionState.Requested, Asked);

        var result = await asker.AskAsync(new PermissionAsk(call.Channel, call.User, "agent:" + agent, trunk, agent), cancellation);
        if (result.IsSent)
            return new PermissionAnswer(false, PermissionState.Requested, Asked);
        if (result.Error is not { Code: WhatsAppErrorCodes.PermissionAlreadyPermanent })
            return null;
        return new PermissionAnswer(true, PermissionState.Permanent, "");
    }

    private PermissionAnswer Refused(ContactPermission? permission)
    {
        var state = PermissionRules.StateAt(permission, time.GetUtcNow());
        return new PermissionAnswer(false, state, state switch
        {
            PermissionState.Declined => "The user declined to be called",
            PermissionState.Revoked => "The user's permission was withdrawn",
            PermissionState.Expired => "The user's permission has expired",
            PermissionState.Requested => "The user has not answered the request for permission",
            PermissionState.None => CauseTable.Refusal(HangupCause.NotPermitted).Text,
            _ => CauseTable.OfWhatsAppError(WhatsAppErrorCodes.DailyConnectedLimit).Refusal.Text,
        });
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Call {CallId}: nobody could say in time whether the user permits it")]
    private partial void LogUndecided(Exception e, CallId callId);
}
