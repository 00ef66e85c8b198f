using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Storage.Channels;
using Gateway.WhatsApp.Webhooks;
using Gateway.Worker.Webhooks;

namespace Gateway.Worker.Channels;

/// <summary>
/// Handles what Meta announces about a channel by itself: changed settings and restrictions. They are stored at once, and so apply to the
/// next admission, before the settings are read back.
/// </summary>
internal sealed partial class AccountEvents(ChannelSyncStore store, ChannelSync sync, TimeProvider time, ILogger<AccountEvents> logger)
    : INonCallEventHandler
{
    /// <summary>Meta: "Configure call settings": a pause lasts 7 days. Used where the webhook gives no end.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromDays(7);

    public async Task<bool> TryHandleAsync(WebhookEvent happened, CancellationToken cancellation)
    {
        switch (happened)
        {
            case WebhookEvent.AccountSettingsUpdate update:
                await ChangedAsync(update, cancellation);
                return true;
            case WebhookEvent.AccountUpdate update:
                await JudgedAsync(update, cancellation);
                return true;
            default:
                return false;
        }
    }

    private async Task ChangedAsync(WebhookEvent.AccountSettingsUpdate update, CancellationToken cancellation)
    {
        var id = new ChannelId(update.PhoneNumberId);
        var told = new MetaSettings
        {
            Status = update.CallingStatus,
            SipStatus = update.SipStatus,
            IconVisibility = update.CallIconVisibility,
            CallbackPermissionStatus = update.CallbackPermissionStatus,
        };
        await store.MergeAsync(id, told, cancellation);
        sync.Ask(id);
    }

    private async Task JudgedAsync(WebhookEvent.AccountUpdate update, CancellationToken cancellation)
    {
        var number = string.Concat((update.PhoneNumber ?? "").Where(char.IsAsciiDigit));
        var judged = number.Length == 0 ? [] : await store.OfNumberAsync(number, cancellation);
        LogJudged(update.Event, judged.Count, update.ViolationType, string.Join(
            ", ", update.Restrictions.Select(restriction => restriction.Type)));
        if (judged.Count == 0)
        {
            sync.AskForAll(); // their settings show which of them it concerns
            return;
        }
        var since = update.Timestamp ?? time.GetUtcNow();
        List<ChannelRestriction> news =
            [.. update.Restrictions.Select(one => new ChannelRestriction(one.Type, one.Remediation, since, one.Expires ?? since + Pause))];
        if (update.ViolationType is { } warning)
            news.Add(new ChannelRestriction(warning, update.Remediation, since, since + Pause));
        foreach (var id in judged)
        {
            foreach (var restriction in news)
                await store.RestrictAsync(id, restriction, cancellation);
            sync.Ask(id);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Meta: {Event} for {Channels} channel(s); violation: {Violation}; restrictions: " +
        "{Restrictions}")]
    private partial void LogJudged(string @event, int channels, string? violation, string restrictions);
}
