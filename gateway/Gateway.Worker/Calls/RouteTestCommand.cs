using Gateway.Calls;
using Gateway.Calls.Channels;
using Gateway.Calls.Flows;
using Gateway.Calls.Permissions;
using Gateway.Calls.Rating;
using Gateway.Storage.Channels;
using Gateway.Storage.Contacts;
using Gateway.Storage.Directory;
using Gateway.WhatsApp.Meta;
using Gateway.Worker.Configuration;
using Media.Protocols.Primitives;
using Npgsql;

namespace Gateway.Worker.Calls;

/// <summary>
/// `route-test`: leads an imagined call through the configuration and, where PostgreSQL answers, through what admins have set there, and
/// says step by step where it goes and why. Nobody is called and nothing is changed.
/// </summary>
internal sealed class RouteTestCommand(GatewayOptions options, TimeProvider time, TextWriter output)
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    /// <param name="words">TRUNK NUMBER, or inbound NUMBER_OR_ID [USER].</param>
    /// <returns>The exit code: 0 where a call would be offered to somebody, else 1.</returns>
    public Task<int> RunAsync(IReadOnlyList<string> words) => words is ["inbound", ..] and not ["inbound"]
        ? InboundAsync(words[1], words.Count > 2 ? words[2] : null)
        : OutboundAsync(words[0], words[1]);

    private async Task<int> OutboundAsync(string trunk, string dialled)
    {
        if (RouteTest.Run(options, trunk, dialled, output) is var code && code != 0)
            return code;
        var (user, channel) = RouteTest.Target(options, trunk, dialled)!.Value;
        return await AskStoreAsync(async (database, cancellation) =>
        {
            if (!await MayCallAsync(database, channel, CallDirection.Outbound, cancellation))
                return 1;
            var contact = await new ContactStore(database, options.Permissions).FindAsync(channel, user, cancellation);
            var mayCall = PermissionRules.MayCall(contact?.Permission, time.GetUtcNow());
            Say(mayCall ? "Permission: the user permits calls"
                : "Permission: none is known here, so Meta is asked; where it has none the PBX gets 403 (not_permitted)");
            return 0;
        });
    }

    private async Task<int> InboundAsync(string number, string? user)
    {
        var digits = new string([.. number.Where(char.IsAsciiDigit)]);
        if (options.Channels.FirstOrDefault(one => one.PhoneNumberId == number || one.Number == digits) is not { } channel)
        {
            Say($"Channel: none has the id or number '{number}'; there are "
                + string.Join(", ", options.Channels.Select(one => $"{one.PhoneNumberId} (+{one.Number})")));
            return 1;
        }
        output.WriteLine($"A user calls +{channel.Number}");
        Say($"Channel {channel.PhoneNumberId}");
        var id = new ChannelId(channel.PhoneNumberId);
        return await AskStoreAsync(async (database, cancellation) =>
        {
            if (!await MayCallAsync(database, id, CallDirection.Inbound, cancellation))
                return 1;
            if (await FlowAsync(database, id, user, cancellation))
                return 0;
            var stored = await new ChannelStore(database, time).FindAsync(id, cancellation);
            return Routes(channel, stored?.Routes ?? []);
        }, otherwise: () => Routes(channel, []));
    }

    /// <summary>Calls, hours, country, restrictions.</summary>
    private async Task<bool> MayCallAsync(
        NpgsqlDataSource database, ChannelId id, CallDirection direction, CancellationToken cancellation)
    {
        if (await new ChannelStore(database, time).FindAsync(id, cancellation) is not { } stored)
        {
            Say("Settings: the channel is not in PostgreSQL yet; a start of the gateway enters it");
            return true;
        }
        var refusal = ChannelRules.MayCall(stored.Facts, direction, time.GetUtcNow());
        Say(refusal is null ? "Settings: calls are allowed now (switches, country, restrictions of Meta"
                + (direction == CallDirection.Inbound ? $", {Hours(stored.Facts.Settings.CallHours)})" : ")")
            : $"Refused ({WireName.Of(refusal.Cause)}): {refusal.Text}");
        if (refusal is null && stored.Facts.Settings.Account is { } account)
            Say($"Money: account '{account}' pays; a call begins only with balance and a rate");
        return refusal is null;
    }

    private async Task<bool> FlowAsync(NpgsqlDataSource database, ChannelId id, string? user, CancellationToken cancellation)
    {
        var all = (await new DirectoryStore(database).LoadAsync(null, cancellation))!;
        var caller = user is null ? new WhatsAppUser(null) : UserHandle.From(user.TrimStart('+'), null);
        var facts = new FlowFacts(id, caller?.Phone, caller is null ? null : CallingCodes.CountryOf(caller), [], HasLastAgent: false);
        foreach (var rule in all.Routes.OrderBy(rule => rule.Place))
            Say($"Flow route {rule.Place}, flow '{rule.Flow.Value}': "
                + (FlowSelection.Fits(rule, facts, time.GetUtcNow()) ? "fits" : "does not fit (channel, hours, country, payload)"));
        if (FlowSelection.Pick(all.Routes, facts, time.GetUtcNow(), dice: 0) is not { } picked)
        {
            Say(all.Routes.Count == 0 ? "Flow: there are no flow routes, so the channel's own routes apply"
                : "Flow: no flow route fits, so the channel's own routes apply");
            return false;
        }
        if (all.Flows.FirstOrDefault(flow => flow.Id == picked.Flow) is not { } chosen)
        {
            Say($"Flow: '{picked.Flow.Value}' is gone, so the channel's own routes apply");
            return false;
        }
        string[] lacking = [.. chosen.Steps.Values.OfType<FlowStep.Pbx>().SelectMany(step => step.Targets).Select(target => target.Trunk)
            .Where(trunk => options.Sip.AllTrunks().All(known => known.Name != trunk || known.Pstn)).Distinct()];
        if (lacking.Length > 0)
        {
            Say($"Flow: '{picked.Flow.Value}' names trunks that this node lacks ({string.Join(", ", lacking)}), "
                + "so the channel's own routes apply");
            return false;
        }
        Say($"Flow '{picked.Flow.Value}' leads the call from its step '{chosen.Start}'; "
            + $"POST /v1/flows/{picked.Flow.Value}/dry-run shows its steps");
        return true;
    }

    private int Routes(ChannelOptions channel, IReadOnlyList<CallRoute> stored)
    {
        var routes = stored.Count > 0 ? stored : [.. channel.Trunks.Select(name => new CallRoute(name))];
        Say(stored.Count > 0 ? "Routes: the channel's own, set by an admin" : "Routes: those of channels[].trunks, in order");
        var offered = 0;
        foreach (var route in routes)
        {
            var trunk = options.Sip.AllTrunks().FirstOrDefault(one => one.Name == route.Trunk);
            var target = route.Target ?? channel.Target ?? "+" + channel.Number;
            Say(trunk is null ? $"  {route.Trunk}: this node has no such trunk, passed over"
                : trunk.Pstn ? $"  {route.Trunk}: leads to the telephone network, passed over"
                : $"  {++offered}. {target} at {trunk.Server}, trunk '{trunk.Name}', profile {trunk.Profile}");
        }
        output.WriteLine(
            offered > 0 ? $"Rings {offered} route(s), the next one where one cannot be reached." : "Refused: no route is left.");
        return offered > 0 ? 0 : 1;
    }

    private async Task<int> AskStoreAsync(Func<NpgsqlDataSource, CancellationToken, Task<int>> ask, Func<int>? otherwise = null)
    {
        try
        {
            using var timeout = new CancellationTokenSource(Timeout);
            await using var database = options.Storage.OpenPostgresProbe();
            return await ask(database, timeout.Token);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException or OperationCanceledException or ArgumentException)
        {
            Say($"PostgreSQL does not answer ({e.Message}): hours, flows, routes and permissions that are set there are not known");
            return otherwise?.Invoke() ?? 0;
        }
    }

    private static string Hours(CallHours? hours) => hours is null ? "no call hours"
        : hours.Fault is { } fault ? $"call hours that cannot be applied: {fault}" : "within the call hours";

    private void Say(string step) => output.WriteLine("  " + step);
}
