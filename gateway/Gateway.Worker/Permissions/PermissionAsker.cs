using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Permissions;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Permissions;

/// <summary>
/// Sends permission requests: free-form in an open window, else by the channel's template, and never more than the limits allow.
/// </summary>
internal sealed partial class PermissionAsker(
    LiveOptions live, GraphClient graph, ContactStore contacts, PermissionRequestStore requests, ChannelStore channels,
    TimeProvider time, ILogger<PermissionAsker> logger)
{
    /// <summary>138009 gives no time: the shorter of the two periods that it can refer to.</summary>
    private static readonly TimeSpan LimitWait = PermissionRules.Day;

    public async Task<AskResult> AskAsync(PermissionAsk ask, CancellationToken cancellation)
    {
        var result = await TryAskAsync(ask, cancellation);
        PermissionMetrics.Asked(result);
        return result;
    }

    private async Task<AskResult> TryAskAsync(PermissionAsk ask, CancellationToken cancellation)
    {
        if (live.GraphNumberOf(ask.Channel) is not { } number
            || await channels.FindAsync(ask.Channel, cancellation) is not { Facts.Settings: var settings })
            return new AskResult(Error: new WhatsAppError(WhatsAppErrorCodes.InvalidParameter, "This node does not serve the channel"));
        var (verdict, id) = await requests.BeginAsync(ask, settings.Template is not null, time.GetUtcNow(), cancellation);
        if (id is not { } request)
            return new AskResult(verdict);

        // From here on nothing is cancelled: the outcome of the request must be known.
        var result = await SendAsync(number, ask.User, settings, verdict.Form!.Value);
        if (result.Error is { Code: WhatsAppErrorCodes.ServiceWindowClosed } && verdict.Form == RequestForm.FreeForm)
        {
            await ApplyAsync(ask, (known, now) => known with { WindowUntil = now });
            if (settings.Template is not null)
                result = await SendAsync(number, ask.User, settings, RequestForm.Template);
        }
        if (result.IsSuccess)
        {
            await requests.SentAsync(request, ask, result.Value, time.GetUtcNow(), CancellationToken.None);
            return new AskResult();
        }
        LogNotSent(ask.Channel, result.Error);
        await requests.FailedAsync(request, result.Error.Error, isSure: !result.Error.EffectUnknown, CancellationToken.None);
        await ReconcileAsync(ask, result.Error.Code);
        return new AskResult(Error: result.Error.Error);
    }

    private Task<GraphResult<string>> SendAsync(GraphNumber number, WhatsAppUser user, ChannelSettings settings, RequestForm form) =>
        form == RequestForm.FreeForm
            ? graph.RequestPermissionAsync(number, user, settings.PermissionText)
            : graph.SendTemplateAsync(number, user, settings.Template!.Name, settings.Template.Language);

    /// <summary>Corrects our store after Meta refused what it allowed.</summary>
    private async Task ReconcileAsync(PermissionAsk ask, int code)
    {
        if (code == WhatsAppErrorCodes.PermissionAlreadyPermanent)
            await ApplyAsync(
                ask, (known, now) => known.Granted(now, null, isPermanent: true, PermissionDecider.Meta, live.Options.Permissions));
        else if (code == WhatsAppErrorCodes.PermissionRequestLimit)
            await ApplyAsync(
                ask, (known, now) => known.RequestsBarredUntil > now ? known : known with { RequestsBarredUntil = now + LimitWait });
    }

    private Task<Contact> ApplyAsync(PermissionAsk ask, Func<ContactPermission, DateTimeOffset, ContactPermission> transition)
    {
        var now = time.GetUtcNow();
        return contacts.ApplyAsync(ask.Channel, ask.User, now, known => transition(known, now), null, CancellationToken.None);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Channel {Channel}: a permission request was not sent: {Error}")]
    private partial void LogNotSent(ChannelId channel, GraphError error);
}
