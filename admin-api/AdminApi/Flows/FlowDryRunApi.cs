using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Flows;
using Gateway.Calls.Rating;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Flows;

/// <summary>An imagined call through a flow: what would happen, and why.</summary>
public static class FlowDryRunApi
{
    private const int MaxList = 500;

    public static void MapFlowDryRun(this IEndpointRouteBuilder api) =>
        api.MapGroup("/flows").WithTags("flows").MapPost("/{id}/dry-run", RunAsync).WithName("dryRunFlow").Requires(Scope.Read)
            .Problems(Problems.NotFound, StoreProblems.UnknownReference)
            .WithSummary("Leads an imagined call through a flow: the steps taken, and why; nobody is rung and nothing is changed");

    /// <param name="Channel">The business number that is called, by Meta's phone_number_id.</param>
    /// <param name="Number">The user's number with country code, in any usual spelling; null: hidden.</param>
    /// <param name="At">When; null: now.</param>
    /// <param name="Payloads">What the call button or link carries.</param>
    /// <param name="Keys">What the user presses: one entry for each question, in order.</param>
    /// <param name="Available">The agents who may be rung, the longest idle first; all others are offline.</param>
    /// <param name="LastAgent">The agent of the contact's last call; null: there was none.</param>
    /// <param name="DaysSinceLast">How long ago that was.</param>
    /// <param name="IsAnswered">True: whoever is rung answers; false: nobody does, and no PBX either.</param>
    /// <param name="Version">The version of the flow; null: the current one.</param>
    public sealed record DryRunRequest(
        string Channel, string? Number = null, DateTimeOffset? At = null, IReadOnlyList<string>? Payloads = null,
        IReadOnlyList<string>? Keys = null, IReadOnlyList<AgentId>? Available = null, AgentId? LastAgent = null, int DaysSinceLast = 0,
        bool IsAnswered = true, long? Version = null)
    {
        public WhatsAppUser CheckWith(Check check)
        {
            check.That(Channel.Length is > 0 and <= 64, "channel", "Must be Meta's phone_number_id.");
            check.That(DaysSinceLast >= 0, "daysSinceLast", "Must not be negative.");
            check.That(
                (Keys?.Count ?? 0) <= MaxList && (Payloads?.Count ?? 0) <= MaxList && (Available?.Count ?? 0) <= MaxList, "$",
                $"Lists have at most {MaxList} entries.");
            return UserText.Checked(Number, "number", check) ?? new WhatsAppUser(null);
        }
    }

    /// <param name="Picked">The flow that such a call would get by the flow routes; null: none, so the channel's own routes.</param>
    /// <param name="Version">The version that was run.</param>
    /// <param name="Language">The language of what the user hears.</param>
    /// <param name="Steps">The steps taken, in order.</param>
    /// <param name="End">How the call ends.</param>
    /// <param name="Agent">Who answers; null: nobody.</param>
    public sealed record DryRunView(
        FlowId? Picked, long Version, string Language, IReadOnlyList<DryRunStep> Steps, DryRunEnd End, AgentId? Agent);

    private static async Task<Results<Ok<DryRunView>, ProblemResult>> RunAsync(
        [Description("The flow's id.")] string id, DryRunRequest request, FlowStore flows, DirectoryStore directory, TimeProvider time,
        CancellationToken cancellation)
    {
        var check = new Check();
        var user = request.CheckWith(check);
        if (check.Failed(out var problem))
            return problem;
        var stored = request.Version is { } version
            ? await flows.FindAsync(new FlowId(id), version, cancellation) : await flows.FindAsync(new FlowId(id), cancellation);
        if (stored is null)
            return Problems.NotFound.Of($"There is no flow '{id}', or not in this version.");
        var all = (await directory.LoadAsync(null, cancellation))!;
        var known = all.Agents.Select(agent => agent.Id).ToHashSet();
        FieldError[] unknown = [.. (request.Available ?? []).Where(agent => !known.Contains(agent))
            .Select(agent => new FieldError("available", $"'{agent}' is no agent."))];
        if (unknown.Length > 0)
            return StoreProblems.UnknownReference.Of(string.Join(" ", unknown.Select(one => one.Message)), unknown);
        var country = CallingCodes.CountryOf(user);
        var facts = new FlowFacts(
            new ChannelId(request.Channel), user.Phone, country, request.Payloads ?? [], request.LastAgent is not null);
        var picked = FlowSelection.Pick(all.Routes, facts, request.At ?? time.GetUtcNow(), dice: 0);
        var call = new DryRunCall(
            country, request.Keys ?? [], request.Available ?? [], request.LastAgent, request.DaysSinceLast, request.IsAnswered);
        var run = FlowDryRun.Run(stored.Flow, call, all.Agents);
        return TypedResults.Ok(new DryRunView(picked?.Flow, stored.Flow.Version, run.Language, run.Steps, run.End, run.Agent));
    }
}
