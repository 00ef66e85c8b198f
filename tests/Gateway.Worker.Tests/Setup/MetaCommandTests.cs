using Gateway.Worker.Configuration;
using Gateway.Worker.Setup;
using Gateway.Worker.Tests.Calls.Bench;
using Sandbox;
using Testing;

namespace Gateway.Worker.Tests.Setup;

/// <summary>`meta setup` does at Meta what a first call needs, and `meta check` names what differs there.</summary>
[Collection(StoresCollection.Name)]
public sealed class MetaCommandTests(Stores stores)
{
    [Fact]
    public async Task A_number_is_set_up_and_then_nothing_differs()
    {
        await using var bench = await StartAsync();
        var (code, text) = await RunAsync(bench, setUp: false);
        Assert.Equal(2, code);
        Assert.Contains("does not get its webhooks", text, StringComparison.Ordinal);
        Assert.Contains("Meta has none for WhatsApp", text, StringComparison.Ordinal);
        Assert.Contains("calling is not enabled", text, StringComparison.Ordinal);

        (code, text) = await RunAsync(bench, setUp: true);
        Assert.True(code == 0, text);
        Assert.Contains("a payment method", text, StringComparison.Ordinal);
        Assert.True(bench.WhatsApp.Number.CallingEnabled);
        Assert.Equal(bench.Gateway.WebhookUrl, bench.WhatsApp.Number.WebhookUrl);

        (code, text) = await RunAsync(bench, setUp: false);
        Assert.True(code == 0, text);
        Assert.DoesNotContain("WRONG", text, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", text, StringComparison.Ordinal);

        // and the webhooks come by the address that was set
        var call = await bench.WhatsApp.PlaceAsync();
        await (await bench.Pbx.NextAsync()).AnswerAsync();
        await bench.LiveAsync(call);
    }

    [Fact]
    public async Task What_Meta_would_refuse_is_said_before_it_is_asked()
    {
        await using var bench = await StartAsync();
        var (code, text) = await RunAsync(bench, setUp: true, change: options => options with
        {
            WhatsApp = options.WhatsApp with { VerifyToken = new Secret("another") },
        });
        Assert.Equal(2, code);
        Assert.Contains("refuses whatsApp.verifyToken", text, StringComparison.Ordinal);
        Assert.Null(bench.WhatsApp.Number.Fields);

        (code, text) = await RunAsync(bench, setUp: true, change: options => options with
        {
            WhatsApp = options.WhatsApp with { AppSecrets = [new Secret("wrong")] },
        });
        Assert.Equal(2, code);
        Assert.Contains("by hand: App Dashboard", text, StringComparison.Ordinal);
        Assert.Contains("138018", text, StringComparison.Ordinal);
        Assert.False(bench.WhatsApp.Number.CallingEnabled);

        (code, text) = await RunAsync(bench, setUp: false, change: options => options with
        {
            Channels = [options.Channels[0] with { Number = "15550009999" }],
        });
        Assert.Equal(2, code);
        Assert.Contains("correct channels[].number", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_Meta_says_of_token_limit_quality_and_payment_is_named()
    {
        await using var bench = await StartAsync();
        await RunAsync(bench, setUp: true);
        var number = bench.WhatsApp.Number;
        (number.MessagingLimit, number.Quality, number.PaymentMissing) = ("TIER_250", "RED", true);
        number.TokenExpiresAt = new DateTimeOffset(2027, 1, 2, 3, 4, 0, TimeSpan.Zero);
        var (code, text) = await RunAsync(bench, setUp: false);
        Assert.Equal(2, code);
        Assert.Contains($"warning  messaging limit of {number.PhoneNumberId}: 250 users a day", text, StringComparison.Ordinal);
        Assert.Contains("quality RED", text, StringComparison.Ordinal);
        Assert.Contains($"WRONG    health of {number.PhoneNumberId}: WABA is LIMITED: There is an error with the payment method", text,
            StringComparison.Ordinal);
        Assert.Contains("it runs out at 2027-01-02 03:04Z", text, StringComparison.Ordinal);

        (number.MessagingLimit, number.Quality, number.PaymentMissing) = ("TIER_UNLIMITED", "GREEN", false);
        (number.TokenExpiresAt, number.Scopes) = (null, ["whatsapp_business_management"]);
        (code, text) = await RunAsync(bench, setUp: false);
        Assert.Equal(2, code);
        Assert.Contains("it lacks whatsapp_business_messaging", text, StringComparison.Ordinal);
        Assert.DoesNotContain("warning", text, StringComparison.Ordinal);

        (_, text) = await RunAsync(bench, setUp: false, change: options => options with
        {
            Channels = [options.Channels[0] with { AccessToken = new Secret("of-somebody-else") }],
        });
        Assert.Contains("Meta does not take it: The access token could not be decrypted", text, StringComparison.Ordinal);
    }

    private Task<CallBench> StartAsync() => CallBench.StartAsync(
        stores, options => options with
        {
            WhatsApp = options.WhatsApp with { AppSecrets = [new Secret(new NumberOptions().AppSecret), .. options.WhatsApp.AppSecrets] },
        }, number: number => number with { CallingStatus = "DISABLED", NeedsSubscriptions = true });

    private static async Task<(int Code, string Text)> RunAsync(
        CallBench bench, bool setUp, Func<GatewayOptions, GatewayOptions>? change = null)
    {
        using var output = new StringWriter();
        using var command = new MetaCommand(
            (change ?? (same => same))(bench.Gateway.Options),
            new MetaTarget(bench.WhatsApp.Number.AppId, bench.WhatsApp.Number.AccountId, new Uri(bench.Gateway.Url)),
            TimeProvider.System, output);
        var code = await (setUp ? command.SetUpAsync(CancellationToken.None) : command.CheckAsync(CancellationToken.None));
        return (code, output.ToString());
    }
}
