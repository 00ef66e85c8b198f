using Gateway.Worker.Configuration;

namespace Gateway.Worker.Checks;

/// <summary>
/// `check CONFIGURATION --connect`: tries everything that the configuration names, from this host and as this user, and says of each what
/// it found and what to do. Nothing is changed: no registration, no migration, no call.
/// </summary>
internal static class ConnectCheck
{
    /// <summary>For each part; all are tried at the same time.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(12);

    /// <param name="options">Valid.</param>
    /// <param name="stun">"stun.example.com:3478", a server that tells our public address; null: none is asked.</param>
    /// <param name="time">The host's clock.</param>
    /// <param name="output">The writer of the lines.</param>
    /// <returns>The exit code: 2 where anything is wrong, else 0.</returns>
    public static async Task<int> RunAsync(GatewayOptions options, string? stun, TimeProvider time, TextWriter output)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        Task<IReadOnlyList<CheckLine>>[] checks =
        [
            Task.Run(() => HostChecks.Find(options, time)),
            AddressChecks.FindAsync(
                options.Media.WhatsApp, stun, isEmulated: options.WhatsApp.Graph.BaseUrl.IsLoopback, timeout.Token),
            StoreConnectChecks.PostgresAsync(options.Storage, time, timeout.Token),
            StoreConnectChecks.RedisAsync(options.Storage, timeout.Token),
            TrunkConnectChecks.FindAsync(options, time, timeout.Token),
            MetaConnectChecks.FindAsync(options, time, timeout.Token),
        ];
        var worst = CheckLevel.Ok;
        foreach (var check in checks)
            foreach (var line in await check)
            {
                await output.WriteLineAsync(line.ToString());
                worst = line.Level > worst ? line.Level : worst;
            }
        await output.WriteLineAsync(worst switch
        {
            CheckLevel.Ok => "All is well.",
            CheckLevel.Warning => "Calls can be taken; see the warnings.",
            _ => "Calls cannot be taken as it is; see what is WRONG.",
        });
        return worst == CheckLevel.Wrong ? 2 : 0;
    }
}
