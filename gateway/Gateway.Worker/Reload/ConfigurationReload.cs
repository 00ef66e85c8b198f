using Gateway.Storage.Commands;
using Gateway.Worker.Calls;
using Gateway.Worker.Configuration;
using Npgsql;

namespace Gateway.Worker.Reload;

/// <summary>
/// Reads the configuration again and puts it in force, whole or not at all: the one owner of <see cref="LiveOptions"/>. Calls in progress
/// keep what they had. One reload at a time; a second one waits, and then reads the file anew.
/// </summary>
internal sealed partial class ConfigurationReload(
    LiveOptions live, ConfigurationFile file, ReloadedParts parts, TimeProvider time, ILogger<ConfigurationReload> logger)
    : IDisposable
{
    /// <summary>For the addresses of new servers and the rows of new channels.</summary>
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(12);

    private readonly SemaphoreSlim _one = new(1);

    /// <summary>Never throws: what is wrong is in the report, and then nothing was changed.</summary>
    /// <param name="trigger">"SIGHUP", or who asked; for the log.</param>
    /// <param name="cancellation">Ends the waiting for another reload.</param>
    public async Task<ReloadReport> RunAsync(string trigger, CancellationToken cancellation)
    {
        LogBegins(trigger);
        await _one.WaitAsync(cancellation);
        try
        {
            using var timeout = new CancellationTokenSource(Timeout, time);
            var report = await ReloadAsync(timeout.Token);
            Report(report);
            return report;
        }
        catch (Exception e) // The edge of one reload: the node goes on with what it has.
        {
            LogFailure(e);
            var refused = Refused(["the reload failed: " + e.Message]);
            Report(refused);
            return refused;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<ReloadReport> ReloadAsync(CancellationToken cancellation)
    {
        if (file.Path is not { } path)
            return Refused(["the node was started without a configuration file"]);
        if (!GatewayOptionsReader.TryReadFile(path, out var wanted, out var errors))
            return Refused(errors);
        var before = live.Snapshot;
        var applicable = ReloadRules.Applicable(before.Options, wanted);
        string[] faults = [.. ReloadRules.Check(applicable)];
        if (faults.Length > 0)
            return Refused(faults);
        var next = new ConfigurationSnapshot(applicable, time.GetUtcNow());
        if (await SeedAsync(before, next, cancellation) is { } unseeded)
            return Refused([unseeded]);

        var renewed = parts.Sip.CertificateExpiries.ToArray();
        var budget = DescriptorBudget.Of(applicable, DescriptorBudget.ReadLimit());
        faults = [.. await parts.Sip.ReloadAsync(
            Trunks.Changes(before, next) with { MaxCalls = budget.Attempts }, PutInForce(next, budget), cancellation)];
        if (faults.Length > 0)
            return Refused(faults);
        return new ReloadReport(
            next.Hash, next.AppliedAt,
            [
                .. ConfigurationDiff.Between(before.Options, applicable),
                .. next.TrunksWithOtherProfile(before).Select(name => $"sip.profiles (of trunk '{name}')"),
                .. parts.Sip.CertificateExpiries.Except(renewed).Select(one => $"certificate '{one.Name}'"),
            ],
            ReloadRules.NeedingRestart(applicable, wanted), []);
    }

    /// <summary>Enters new channels and numbers in PostgreSQL, which admits their calls. A sentence where it cannot be done.</summary>
    private async Task<string?> SeedAsync(ConfigurationSnapshot before, ConfigurationSnapshot next, CancellationToken cancellation)
    {
        var areKnown = next.Channels.All(one => before.Channels.TryGetValue(one.Key, out var known) && known.Number == one.Value.Number);
        if (areKnown && next.Trunks.Keys.SequenceEqual(before.Trunks.Keys))
            return null;
        try
        {
            await parts.Channels.SeedAsync(next.Options, cancellation);
            return null;
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException)
        {
            return "channels, sip.trunks: PostgreSQL does not take the new ones: " + e.Message;
        }
    }

    /// <summary>What happens in the moment of the change, on the endpoint's loop: nothing that can fail or wait.</summary>
    private Action PutInForce(ConfigurationSnapshot next, DescriptorBudget budget)
    {
        PbxTrunk[] trunks = [.. Trunks.ForCalls(next)];
        var whatsApp = next.Options.WhatsApp;
        string[] secrets = [.. whatsApp.AppSecrets.Select(secret => secret.Reveal())];
        return () =>
        {
            parts.Trunks.Replace(trunks);
            live.Replace(next);
            parts.Capacity.Budget = budget;
            parts.Webhooks.Replace(secrets, whatsApp.VerifyToken.Reveal());
            parts.Logs.Set(next.Options.Log.Level);
            parts.Host.Value.ShutdownTimeout = NodeDrain.LongestOf(next.Options, live.LongestEnding);
        };
    }

    private ReloadReport Refused(IReadOnlyList<string> errors) =>
        new(live.Snapshot.Hash, live.Snapshot.AppliedAt, [], [], errors);

    private void Report(ReloadReport report)
    {
        ReloadMetrics.Reloaded(
            report.Errors.Count > 0 ? ReloadMetrics.Refused : report.Applied.Count > 0 ? "applied" : "unchanged", report.AppliedAt);
        if (report.Errors.Count > 0)
            LogRefused(string.Join(" | ", report.Errors));
        else
            LogApplied(report.Configuration, report.Applied.Count > 0 ? string.Join(", ", report.Applied) : "nothing");
        if (report.NeedsRestart.Count > 0)
            LogNeedsRestart(string.Join(", ", report.NeedsRestart));
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "{Trigger}: the configuration is read again")]
    private partial void LogBegins(string trigger);

    [LoggerMessage(Level = LogLevel.Information, Message = "Configuration {Hash} is in force; changed: {Changes}")]
    private partial void LogApplied(string hash, string changes);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The configuration has changes that need a restart, and were not applied: {Keys}")]
    private partial void LogNeedsRestart(string keys);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration cannot be used, nothing of it was applied: {Errors}")]
    private partial void LogRefused(string errors);

    [LoggerMessage(Level = LogLevel.Error, Message = "The configuration could not be read again; the one in force stays")]
    private partial void LogFailure(Exception e);
}
