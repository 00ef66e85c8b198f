using Gateway.Calls;
using Gateway.Calls.Permissions;
using Gateway.Storage.Commands;
using Gateway.Storage.Contacts;
using Gateway.WhatsApp.Meta;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Configuration;
using Gateway.Worker.Webhooks;

namespace Gateway.Worker.Permissions;

/// <summary>
/// Handles webhooks about users: their answers to requests, their messages, their new numbers and ids. Each may be repeated, late or out of
/// order: its effect depends only on Meta's time of it.
/// </summary>
internal sealed class PermissionWebhooks(
    LiveOptions live, ContactStore contacts, PermissionRequestStore requests, ReturnCalls returnCalls, PermissionGrants grants,
    TimeProvider time) : INonCallEventHandler
{
    public async Task<bool> TryHandleAsync(WebhookEvent happened, CancellationToken cancellation)
    {
        if (happened is not (
            WebhookEvent.PermissionReply or WebhookEvent.InboundMessage or WebhookEvent.UserIdChanged or WebhookEvent.MessageFailed))
            return false;
        if (happened.Number.PhoneNumberId is not { } id || !live.Snapshot.Channels.ContainsKey(new ChannelId(id)))
            return true; // a number of another app
        var channel = new ChannelId(id);
        var at = happened.Timestamp ?? time.GetUtcNow();
        switch (happened)
        {
            case WebhookEvent.PermissionReply reply when UserHandle.IsKnown(reply.User):
                await ReplyAsync(channel, reply, at, cancellation);
                break;

            case WebhookEvent.InboundMessage message when UserHandle.IsKnown(message.User):
                await contacts.ApplyAsync(
                    channel, message.User, at, known => known.WindowOpened(at, live.Options.Permissions), null, cancellation);
                break;

            case WebhookEvent.UserIdChanged changed:
                await contacts.MoveAsync(channel, changed.Previous, changed.Current, at, cancellation);
                break;

            case WebhookEvent.MessageFailed failed:
                await requests.FailedAsync(failed.MessageId, failed.Errors.Count > 0 ? failed.Errors[0] : null, cancellation);
                break;

            default:
                break;
        }
        return true;
    }

    private async Task ReplyAsync(ChannelId channel, WebhookEvent.PermissionReply reply, DateTimeOffset at, CancellationToken cancellation)
    {
        var decider = reply.Source == PermissionSource.Automatic ? PermissionDecider.Automatic : PermissionDecider.User;
        var decision = new ContactReply(channel, reply.User, reply.Accepted, reply.IsPermanent, reply.ExpiresAt, decider, reply.ContextId);
        if (await contacts.ReplyAsync(decision, at, time.GetUtcNow(), cancellation) is { } agent)
            returnCalls.Add(new NodeCommand.CallBack(channel, reply.User, agent.Agent, agent.Trunk));
        if (reply.Accepted)
            grants.OnGrant();
    }
}
