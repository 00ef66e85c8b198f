using Gateway.Calls;
using Gateway.WhatsApp.Graph;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Configuration;

namespace Gateway.Worker.Checks;

/// <summary>Asks Meta for the settings of each number with its token, and for the time.</summary>
internal static class MetaConnectChecks
{
    /// <summary>Meta's dates are whole seconds.</summary>
    private static readonly TimeSpan Inexact = TimeSpan.FromSeconds(3), TooFar = TimeSpan.FromSeconds(30);

    public static async Task<IReadOnlyList<CheckLine>> FindAsync(
        GatewayOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var clock = new MetaClock(time);
        using var http = new HttpClient(GraphClient.CreateHandler()) { Timeout = Timeout.InfiniteTimeSpan };
        var graph = new GraphClient(http, options.WhatsApp.Graph with { MaxAttempts = 1 }, time, clock);
        var lines = new List<CheckLine>();
        foreach (var channel in options.Channels)
        {
            var number = new GraphNumber(channel.PhoneNumberId, new GraphToken(channel.AccessToken.Reveal()));
            try
            {
                lines.Add(Line($"number {channel.PhoneNumberId}", await graph.GetSettingsAsync(number, cancellation)));
            }
            catch (OperationCanceledException)
            {
                lines.Add(CheckLine.Wrong(
                    $"number {channel.PhoneNumberId}", "Graph does not answer", "check the way to whatsApp.graph.baseUrl"));
            }
        }
        lines.Add(Clock(clock.Offset));
        return lines;
    }

    private static CheckLine Line(string subject, GraphResult<CallingSettings> read)
    {
        if (!read.IsSuccess)
            return CheckLine.Wrong(subject, $"{read.Error}: {read.Error.Error.Message}", MetaRemedies.Of(read.Error));
        var settings = read.Value;
        if (settings.SipStatus == "ENABLED")
            return CheckLine.Wrong(
                subject, "its calls go to SIP servers, and Graph answers 131055", "switch sip off there (settings, calling.sip.status)");
        if (settings.Restrictions.Count > 0)
            return CheckLine.Warning(
                subject, $"Meta restricts it: {string.Join(", ", settings.Restrictions.Select(one => one.Type))}",
                "see the account's quality in WhatsApp Manager; it ends by itself");
        return settings.Status == "ENABLED"
            ? CheckLine.Ok(subject, "the token is good, and calling is enabled")
            : CheckLine.Warning(subject, "the token is good, but calling is not enabled", "run meta setup");
    }

    private static CheckLine Clock(TimeSpan? offset)
    {
        const string Subject = "clock";
        if (offset is not { } away)
            return CheckLine.Warning(Subject, "Graph gave no time to hold it against", "see the numbers above");
        var text = $"{Math.Abs(away.TotalSeconds):0} s {(away > TimeSpan.Zero ? "behind" : "ahead of")} Meta's";
        return away.Duration() <= Inexact ? CheckLine.Ok(Subject, "agrees with Meta's")
            : away.Duration() <= TooFar ? CheckLine.Warning(Subject, text, "let NTP set it (timedatectl set-ntp true)")
            : CheckLine.Wrong(Subject, text, "let NTP set it (timedatectl set-ntp true): charges and permissions go by this clock");
    }
}
