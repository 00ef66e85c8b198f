using System.ComponentModel;
using AdminApi.Platform;
using Gateway.Calls;
using Gateway.Calls.Agents;
using Gateway.Storage.Directory;
using Microsoft.AspNetCore.Http.HttpResults;

namespace AdminApi.Agents;

/// <summary>Groups of agents who serve the same calls.</summary>
public static class GroupsApi
{
    private const int MaxSeconds = 3600, MaxMembers = 1000;

    private const string IdText = "The group's id.";

    public static void MapGroups(this IEndpointRouteBuilder api)
    {
        var groups = api.MapGroup("/groups").WithTags("agents");
        groups.MapGet("/", ListAsync).WithName("listGroups").Requires(Scope.Read).Paged().WithSummary("Groups by id");
        groups.MapPost("/", CreateAsync).WithName("createGroup").Requires(Scope.Admin).Problems(StoreProblems.AlreadyExists)
            .WithSummary("Creates a group, without members");
        groups.MapGet("/{id}", GetAsync).WithName("getGroup").Requires(Scope.Read).Problems(Problems.NotFound).WithSummary("A group");
        groups.MapPut("/{id}", ReplaceAsync).WithName("replaceGroup").Requires(Scope.Admin).WithIfMatch().Problems(Problems.NotFound)
            .WithSummary("Replaces name and times of a group; its members stay");
        groups.MapDelete("/{id}", DeleteAsync).WithName("deleteGroup").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.InUse)
            .WithSummary("Deletes a group that no flow names; its agents stay");
        groups.MapGet("/{id}/members", MembersAsync).WithName("listGroupMembers").Requires(Scope.Read).Problems(Problems.NotFound)
            .WithSummary("The members of a group in their order");
        groups.MapPut("/{id}/members", ReplaceMembersAsync).WithName("replaceGroupMembers").Requires(Scope.Admin).WithIfMatch()
            .Problems(Problems.NotFound, StoreProblems.UnknownReference)
            .WithSummary("Replaces the members of a group: the whole list");
    }

    /// <param name="Id">1 to 64 of a-z, 0-9, '-', '_' and '.', beginning with a letter or digit; never changes.</param>
    /// <param name="Name">1 to 200 characters.</param>
    /// <param name="WrapUpSeconds">The time after a call in which an agent is not rung again, up to 3600.</param>
    /// <param name="AnswerWithinSeconds">The time within which a caller should be answered, 1 to 3600: the service level is the share that
    /// was.</param>
    public sealed record NewGroup(string Id, string Name, int WrapUpSeconds = 0, int AnswerWithinSeconds = 20)
    {
        public GroupRequest Rest => new(Name, WrapUpSeconds, AnswerWithinSeconds);
    }

    /// <param name="Name">1 to 200 characters.</param>
    /// <param name="WrapUpSeconds">The time after a call in which an agent is not rung again, up to 3600.</param>
    /// <param name="AnswerWithinSeconds">The time within which a caller should be answered, 1 to 3600.</param>
    public sealed record GroupRequest(string Name, int WrapUpSeconds = 0, int AnswerWithinSeconds = 20)
    {
        public AgentGroup ToGroup(string id) =>
            new(new GroupId(id), Name, TimeSpan.FromSeconds(WrapUpSeconds), TimeSpan.FromSeconds(AnswerWithinSeconds));

        public void CheckWith(Check check)
        {
            check.That(Names.IsName(Name), "name", Names.NameRule);
            check.That(WrapUpSeconds is >= 0 and <= MaxSeconds, "wrapUpSeconds", $"Must be from 0 to {MaxSeconds}.");
            check.That(AnswerWithinSeconds is >= 1 and <= MaxSeconds, "answerWithinSeconds", $"Must be from 1 to {MaxSeconds}.");
        }
    }

    /// <param name="Items">The whole list: each agent once.</param>
    public sealed record MembersRequest(IReadOnlyList<GroupMember> Items)
    {
        public void CheckWith(Check check)
        {
            check.That(Items.Count <= MaxMembers, "items", $"Must be at most {MaxMembers}.");
            check.That(Items.DistinctBy(one => one.Agent).Count() == Items.Count, "items", "Must name each agent once.");
            check.That(Items.All(one => one.Skill is >= 1 and <= AgentMembership.MaxSkill), "items", "A skill is from 1 to 100.");
        }
    }

    /// <param name="Version">The value for If-Match, in quotes.</param>
    public sealed record GroupView(GroupId Id, string Name, int WrapUpSeconds, int AnswerWithinSeconds, long Version) : IVersioned
    {
        public static GroupView Of(AgentGroup group) => new(
            group.Id, group.Name, (int)group.WrapUp.TotalSeconds, (int)group.AnswerWithin.TotalSeconds, group.Version);
    }

    /// <param name="Items">All of them; there is no further page.</param>
    /// <param name="Version">The group's version, for If-Match.</param>
    public sealed record MembersView(IReadOnlyList<GroupMember> Items, long Version) : IVersioned;

    private static async Task<Results<Ok<Page<GroupView>>, ProblemResult>> ListAsync(
        GroupStore store, [AsParameters] PageRequest page, CancellationToken cancellation)
    {
        if (!Cursor.TryRead(page.Cursor, out string? after))
            return Cursor.Problem();
        var rows = await store.ListAsync(page.Rows, after, cancellation);
        return TypedResults.Ok(Page.Of(rows, page, GroupView.Of, group => Cursor.Of(group.Id.Value)));
    }

    private static async Task<Results<Created<GroupView>, ProblemResult>> CreateAsync(
        NewGroup request, GroupStore store, Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        check.That(NameRules.IsName(request.Id), "id", $"Must be {NameRules.Text}.");
        request.Rest.CheckWith(check);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.CreateAsync(request.Rest.ToGroup(request.Id), caller.Actor, cancellation);
        return outcome.Value is { } group
            ? TypedResults.Created($"/v1/groups/{group.Id}", GroupView.Of(group)) : outcome.Problem();
    }

    private static async Task<Results<Ok<GroupView>, ProblemResult>> GetAsync(
        [Description(IdText)] string id, GroupStore store, CancellationToken cancellation) =>
        await store.FindAsync(new GroupId(id), cancellation) is { } group ? TypedResults.Ok(GroupView.Of(group)) : Unknown(id);

    private static async Task<Results<Ok<GroupView>, ProblemResult>> ReplaceAsync(
        [Description(IdText)] string id, GroupRequest request, IfMatch match, GroupStore store, Caller caller,
        CancellationToken cancellation)
    {
        var check = new Check();
        request.CheckWith(check);
        if (check.Failed(out var problem))
            return problem;
        var outcome = await store.ReplaceAsync(request.ToGroup(id), match.Version, caller.Actor, cancellation);
        return outcome.Value is { } group ? TypedResults.Ok(GroupView.Of(group)) : outcome.Problem();
    }

    private static async Task<Results<NoContent, ProblemResult>> DeleteAsync(
        [Description(IdText)] string id, IfMatch match, GroupStore store, [AsParameters] Members members, Caller caller,
        CancellationToken cancellation)
    {
        var before = await store.MembersAsync(new GroupId(id), cancellation);
        var outcome = await store.DeleteAsync(new GroupId(id), match.Version, caller.Actor, cancellation);
        if (outcome.Value is null)
            return outcome.Problem();
        await members.DefineAsync(before.Select(one => one.Agent), cancellation);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<MembersView>, ProblemResult>> MembersAsync(
        [Description(IdText)] string id, GroupStore store, CancellationToken cancellation) =>
        await store.FindAsync(new GroupId(id), cancellation) is { } group
            ? TypedResults.Ok(new MembersView(await store.MembersAsync(group.Id, cancellation), group.Version))
            : Unknown(id);

    private static async Task<Results<Ok<MembersView>, ProblemResult>> ReplaceMembersAsync(
        [Description(IdText)] string id, MembersRequest request, IfMatch match, GroupStore store, [AsParameters] Members members,
        Caller caller, CancellationToken cancellation)
    {
        var check = new Check();
        request.CheckWith(check);
        if (check.Failed(out var problem))
            return problem;
        var before = await store.MembersAsync(new GroupId(id), cancellation);
        var outcome = await store.ReplaceMembersAsync(new GroupId(id), match.Version, request.Items, caller.Actor, cancellation);
        if (outcome.Value is not { } group)
            return outcome.Problem();
        await members.DefineAsync(before.Concat(request.Items).Select(one => one.Agent), cancellation);
        return TypedResults.Ok(new MembersView(await store.MembersAsync(group.Id, cancellation), group.Version));
    }

    /// <summary>The agents whose groups change with a group.</summary>
    internal readonly record struct Members(AgentStore Agents, AgentRoster Roster)
    {
        public async Task DefineAsync(IEnumerable<AgentId> agents, CancellationToken cancellation)
        {
            foreach (var id in agents.Distinct())
                if (await Agents.FindAsync(id, cancellation) is { } agent)
                    await Roster.DefineAsync(agent, cancellation);
        }
    }

    private static ProblemResult Unknown(string id) => Problems.NotFound.Of($"There is no group '{id}'.");
}
