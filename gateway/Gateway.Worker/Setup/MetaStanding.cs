using System.Globalization;
using Gateway.WhatsApp.Graph;
using Gateway.Worker.Checks;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Setup;

/// <summary>
/// What Meta thinks of the tokens, the numbers and the account behind them: permissions, messaging limit, payment, restrictions. What it
/// does not say of an account is a warning, and refuses nothing.
/// </summary>
internal sealed class MetaStanding(GraphSetup setup, GatewayOptions options, MetaTarget target)
{
    /// <summary>Below it calling cannot be enabled (138015), unless it is a test number.</summary>
    private const int UsersADay = 2000;

    /// <summary>"There is an error with the payment method": users' calls end with 131044 too.</summary>
    private const int NoPayment = 141006;

    /// <summary>SIP servers of the number at Meta, which are not used here (sip-mode of calling).</summary>
    private static readonly int[] OfSipServers = [138024, 138025];

    private static readonly string[] Scopes = ["whatsapp_business_messaging", "whatsapp_business_management"];

    public async Task<IReadOnlyList<CheckLine>> FindAsync(CancellationToken cancellation)
    {
        var lines = new List<CheckLine>();
        foreach (var channels in options.Channels.GroupBy(channel => channel.AccessToken.Reveal()))
            lines.Add(Token(channels, await setup.InspectTokenAsync(
                channels.Key, target.App, options.WhatsApp.AppSecrets[0].Reveal(), cancellation)));
        foreach (var channel in options.Channels)
        {
            var token = channel.AccessToken.Reveal();
            lines.Add(Limit(channel, await setup.GetMessagingLimitAsync(channel.PhoneNumberId, token, cancellation)));
            lines.AddRange(Health(channel, await setup.GetHealthAsync(channel.PhoneNumberId, token, cancellation)));
        }
        return lines;
    }

    private CheckLine Token(IEnumerable<ChannelOptions> channels, GraphResult<TokenFacts> read)
    {
        var subject = "token of " + string.Join(", ", channels.Select(channel => channel.PhoneNumberId));
        if (!read.IsSuccess)
            return NotSaid(subject, read.Error);
        var facts = read.Value;
        const string New = "make a new system user's token with whatsapp_business_messaging and whatsapp_business_management";
        string[] missing = [.. Scopes.Except(facts.Scopes)];
        if (!facts.IsValid)
            return CheckLine.Wrong(subject, $"Meta does not take it: {facts.Reason ?? "it is not valid"}", New);
        if (missing.Length > 0)
            return CheckLine.Wrong(subject, $"it lacks {string.Join(", ", missing)}", New);
        if (facts.App != target.App)
            return CheckLine.Wrong(
                subject, $"it is of app {facts.App}, which would get the account's webhooks",
                $"make it for app {target.App}, or correct --app");
        return facts.ExpiresAt is { } end
            ? CheckLine.Warning(
                subject, string.Create(CultureInfo.InvariantCulture, $"it runs out at {end.UtcDateTime:yyyy-MM-dd HH:mm}Z"),
                "make a system user's token that never expires")
            : CheckLine.Ok(subject, $"{string.Join(", ", Scopes)}; it does not run out");
    }

    private static CheckLine Limit(ChannelOptions channel, GraphResult<string> read)
    {
        var subject = $"messaging limit of {channel.PhoneNumberId}";
        if (!read.IsSuccess)
            return NotSaid(subject, read.Error);
        return UsersOf(read.Value) switch
        {
            null => CheckLine.Warning(
                subject, $"Meta says {(read.Value.Length > 0 ? read.Value : "nothing")}",
                $"calls need {UsersADay} users a day: see WhatsApp Manager"),
            < UsersADay and var users => CheckLine.Warning(
                subject, $"{users} users a day: calling cannot be enabled (138015), unless it is a test number",
                "verify the business, or let it grow with use (WhatsApp Manager, Insights)"),
            _ => CheckLine.Ok(subject, read.Value),
        };
    }

    private static CheckLine[] Health(ChannelOptions channel, GraphResult<HealthFault[]> read)
    {
        var subject = $"health of {channel.PhoneNumberId}";
        if (!read.IsSuccess)
            return [NotSaid(subject, read.Error)];
        CheckLine[] faults =
        [
            .. read.Value.Where(fault => !OfSipServers.Contains(fault.Code)).Select(fault => Line(subject, fault)),
        ];
        return faults.Length > 0 ? faults : [CheckLine.Ok(subject, "Meta reports no fault of number, account, business and app")];
    }

    private static CheckLine Line(string subject, HealthFault fault)
    {
        var text = $"{fault.Entity} is {fault.Status}: {fault.Text} ({fault.Code})";
        var remedy = fault.Remedy is { Length: > 0 } advice ? advice : "see WhatsApp Manager and Business settings";
        return fault.Status == "BLOCKED" || fault.Code == NoPayment
            ? CheckLine.Wrong(subject, text, remedy) : CheckLine.Warning(subject, text, remedy);
    }

    /// <summary>"TIER_250", "TIER_2K", "TIER_UNLIMITED"; null: none of these.</summary>
    private static int? UsersOf(string tier)
    {
        var size = tier.Split('_')[^1];
        if (size == "UNLIMITED")
            return int.MaxValue;
        var thousands = size.EndsWith('K');
        return int.TryParse(size.TrimEnd('K'), CultureInfo.InvariantCulture, out var users) ? users * (thousands ? 1000 : 1) : null;
    }

    private static CheckLine NotSaid(string subject, GraphError error) =>
        CheckLine.Warning(subject, $"Meta does not say: {error}: {error.Error.Message}", "see WhatsApp Manager");
}
