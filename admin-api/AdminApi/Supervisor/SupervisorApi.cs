using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Calls.Lifecycle;
using Gateway.Storage.Calls;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Supervisor;

/// <summary>How each group is doing: who waits now, what agents do now, and what became of the calls of a period.</summary>
public static class SupervisorApi
{
    private static readonly TimeSpan DefaultPeriod = TimeSpan.FromHours(1), MaxPeriod = TimeSpan.FromDays(31);

    public static void MapSupervisor(this IEndpointRouteBuilder api) =>
        api.MapGroup("/supervisor").WithTags("agents").MapGet("/", GetAsync).WithName("getSupervisor").Requires(Scope.Read)
            .WithSummary("Waiting calls and agents of each group now, and the service level of a period, also by channel")
            .WithDescription(
                "Of calls that waited for an agent and began in the period: offered is all of them, abandoned those that ended " +
                "without an agent, serviceLevel the share that an agent answered within the group's answerWithinSeconds.");

    /// <summary>What the answer is made of.</summary>
    internal readonly record struct Sources(
        DirectoryStore Directory, QueueStatistics Statistics, IAgentRegistry Registry, ICallRegistry Calls, TimeProvider Time);

    private static async Task<Results<Ok<SupervisorView>, ProblemResult>> GetAsync(
        [AsParameters] Sources sources, [Description("The period's begin; by default an hour before its end.")] QueryTime? from,
        [Description("The period's end; by default now.")] QueryTime? to, [Description("This group only.")] string? group,
        [Description("Calls of this business number only.")] string? channel, CancellationToken cancellation)
    {
        var now = sources.Time.GetUtcNow();
        var end = to?.Value ?? now;
        var begin = from?.Value ?? end - DefaultPeriod;
        var check = new Check();
        check.That(begin < end && end - begin <= MaxPeriod, "from", $"Must be before the end, by at most {MaxPeriod.TotalDays} days.");
        if (check.Failed(out var problem))
            return problem;
        var directory = (await sources.Directory.LoadAsync(null, cancellation))!;
        var groups = directory.Groups.Where(one => group is null || one.Id.Value == group).ToArray();
        var counts = await sources.Statistics.CountAsync(begin, end, cancellation);
        var channels = (await sources.Calls.ListAsync(cancellation)).ToDictionary(call => call.Id, call => call.Channel.Value);
        var waiting = (await Task.WhenAll(groups.Select(one => sources.Registry.WaitingAsync(one.Id, cancellation))))
            .SelectMany(line => line).Select(call => (Call: call, Channel: channels.GetValueOrDefault(call.Call))).ToArray();
        var states = (await sources.Registry.ListAsync(cancellation)).ToDictionary(status => status.Agent, status => status.State);
        return TypedResults.Ok(new SupervisorView(now, begin, end, [.. groups.Select(one => GroupStateView.Of(
            one,
            [.. directory.Agents.Where(agent => agent.Groups.Any(member => member.Group == one.Id))
                .Select(agent => states.GetValueOrDefault(agent.Id))],
            [.. counts.Where(count => count.Group == one.Id.Value && (channel is null || count.Channel == channel))],
            [.. waiting.Where(call => call.Call.Group == one.Id && (channel is null || call.Channel == channel))], now))]));
    }
}
