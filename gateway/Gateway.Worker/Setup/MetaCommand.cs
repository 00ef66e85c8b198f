using Gateway.WhatsApp.Graph;
using Gateway.Worker.Checks;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Setup;

/// <summary>
/// `meta check` and `meta setup`: what Meta has of the app, the account and the numbers, and the part of the set-up that Graph allows. Each
/// line says what was found or done, and what a person has to do.
/// </summary>
internal sealed class MetaCommand(GatewayOptions options, MetaTarget target, TimeProvider time, TextWriter output) : IDisposable
{
    /// <summary>What the gateway reads: calls, answers to permission requests, changed settings, restrictions.</summary>
    public static readonly string[] Fields = ["calls", "messages", "account_settings_update", "account_update"];

    private readonly HttpClient _http = new(GraphClient.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
    private CheckLevel _worst = CheckLevel.Ok;

    private string AppSecret => options.WhatsApp.AppSecrets[0].Reveal();

    private string Token => options.Channels[0].AccessToken.Reveal();

    /// <summary>Compares, and changes nothing.</summary>
    /// <returns>The exit code: 2 where Meta would refuse calls, else 0.</returns>
    public async Task<int> CheckAsync(CancellationToken cancellation)
    {
        var setup = new GraphSetup(_http, options.WhatsApp.Graph);
        foreach (var channel in options.Channels)
            Say(Number(channel, await setup.GetNumberAsync(channel.PhoneNumberId, channel.AccessToken.Reveal(), cancellation)));
        foreach (var line in await MetaConnectChecks.FindAsync(options, time, cancellation))
            Say(line);
        foreach (var line in await new MetaStanding(setup, options, target).FindAsync(cancellation))
            Say(line);
        Say(Account(await setup.GetSubscribedAppsAsync(target.Account, Token, cancellation)));
        foreach (var line in Webhook(await setup.GetWebhookAsync(target.App, AppSecret, cancellation)))
            Say(line);
        if (target.Url is not null)
            Say(await WebhookProbe.TryAsync(_http, target.Webhook(options), options.WhatsApp.VerifyToken.Reveal(), cancellation));
        return End();
    }

    /// <summary>Sets the webhook, subscribes the app to the account, enables calling; then says what is left to people.</summary>
    /// <returns>The exit code: 2 where a step failed, else 0.</returns>
    public async Task<int> SetUpAsync(CancellationToken cancellation)
    {
        var (setup, url) = (new GraphSetup(_http, options.WhatsApp.Graph), target.Webhook(options));
        var probe = await WebhookProbe.TryAsync(_http, url, options.WhatsApp.VerifyToken.Reveal(), cancellation);
        Say(probe);
        if (probe.Level == CheckLevel.Wrong)
            return End(); // Meta would refuse it
        var subscribed = await setup.SetWebhookAsync(
            target.App, AppSecret, url, options.WhatsApp.VerifyToken.Reveal(), Fields, cancellation);
        Say(Step("webhook", subscribed, $"Meta sends {string.Join(", ", Fields)} to {url}",
            "by hand: App Dashboard, WhatsApp, Configuration: this URL, whatsApp.verifyToken, and these fields"));
        Say(Step("account", await setup.SubscribeAppAsync(target.Account, Token, cancellation),
            $"app {target.App} gets the webhooks of account {target.Account}", "check --account and the token's permissions"));
        var graph = new GraphClient(_http, options.WhatsApp.Graph, time);
        foreach (var channel in options.Channels)
        {
            var number = new GraphNumber(channel.PhoneNumberId, new GraphToken(channel.AccessToken.Reveal()));
            Say(Step($"number {channel.PhoneNumberId}",
                await graph.SetSettingsAsync(number, new CallingSettingsUpdate { Status = "ENABLED" }, cancellation),
                "calling is enabled"));
        }
        await output.WriteLineAsync("""
            Left to people, in Meta's own tools (WhatsApp Manager, Business settings):
              - a payment method of the account, which users' calls need too
              - verification of the business, and a messaging limit of 2000 users a day (test numbers are exempt)
              - the app in live mode, and a system user's token that does not run out
              - who may be called: users permit it in a chat (call_permission_request)
            """);
        return End();
    }

    private static CheckLine Number(ChannelOptions channel, GraphResult<NumberFacts> read)
    {
        var subject = $"number {channel.PhoneNumberId}";
        if (!read.IsSuccess)
            return CheckLine.Wrong(subject, $"{read.Error}: {read.Error.Error.Message}", MetaRemedies.Of(read.Error));
        var facts = read.Value;
        if (facts.Number != channel.Number)
            return CheckLine.Wrong(
                subject, $"Meta has it as +{facts.Number}, channels[].number as +{channel.Number}", "correct channels[].number");
        if (facts.Platform is "CLOUD_API" or null)
            return facts.Quality == "RED"
                ? CheckLine.Warning(
                    subject, $"+{facts.Number} ({facts.Name}), quality {facts.Quality}: Meta restricts what goes on so",
                    "see why users block or report it (WhatsApp Manager, Insights)")
                : CheckLine.Ok(subject, $"+{facts.Number} ({facts.Name}), quality {facts.Quality}");
        return CheckLine.Wrong(subject, $"its platform is {facts.Platform}", "calls need a number on the Cloud API: register it there");
    }

    private CheckLine Account(GraphResult<string[]> read)
    {
        var subject = $"account {target.Account}";
        if (!read.IsSuccess)
            return CheckLine.Wrong(subject, $"{read.Error}: {read.Error.Error.Message}", MetaRemedies.Of(read.Error));
        return read.Value.Contains(target.App)
            ? CheckLine.Ok(subject, $"app {target.App} gets its webhooks")
            : CheckLine.Wrong(subject, $"app {target.App} does not get its webhooks", "run meta setup");
    }

    private IEnumerable<CheckLine> Webhook(GraphResult<AppWebhook> read)
    {
        var subject = $"webhook of app {target.App}";
        if (!read.IsSuccess)
        {
            yield return CheckLine.Wrong(
                subject, $"{read.Error}: {read.Error.Error.Message}", "check --app and whatsApp.appSecrets (Settings, Basic)");
            yield break;
        }
        var webhook = read.Value;
        if (webhook.Url is null || !webhook.IsActive)
        {
            yield return CheckLine.Wrong(subject, "Meta has none for WhatsApp", "run meta setup");
            yield break;
        }
        if (target.Url is not null && webhook.Url != target.Webhook(options).AbsoluteUri)
            yield return CheckLine.Wrong(subject, $"Meta sends to {webhook.Url}", "run meta setup, or correct --url");
        string[] missing = [.. Fields.Except(webhook.Fields)];
        yield return missing.Length == 0
            ? CheckLine.Ok(subject, $"{webhook.Url}, with all fields that the gateway reads")
            : missing.Contains("calls")
                ? CheckLine.Wrong(
                    subject, $"not subscribed: {string.Join(", ", missing)}", "run meta setup; Meta answers 138018 without calls")
                : CheckLine.Warning(subject, $"not subscribed: {string.Join(", ", missing)}", "run meta setup");
    }

    private static CheckLine Step<T>(string subject, GraphResult<T> done, string text, string? byHand = null) => done.IsSuccess
        ? CheckLine.Ok(subject, text)
        : CheckLine.Wrong(subject, $"{done.Error}: {done.Error.Error.Message} {done.Error.Error.Details}".TrimEnd(),
            byHand ?? MetaRemedies.Of(done.Error));

    private void Say(CheckLine line)
    {
        output.WriteLine(line);
        _worst = line.Level > _worst ? line.Level : _worst;
    }

    public void Dispose() => _http.Dispose();

    private int End() => _worst == CheckLevel.Wrong ? 2 : 0;
}
