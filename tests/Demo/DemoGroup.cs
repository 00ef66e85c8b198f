using System.Text.Json;

namespace Demo;

/// <summary>
/// Three agents in a group, and the flow of its calls: all phones ring at once; where none is free the caller waits. Set up through the
/// admin API as an operator would; existing rows stay.
/// </summary>
internal sealed class DemoGroup(AdminClient admin)
{
    /// <summary>The payload of the call button that leads to the group; also its name, and its flow's.</summary>
    public const string Button = "sales";

    private const string Routes = "/v1/flow-routes";

    /// <summary>The agents, and the users whose phones register for them.</summary>
    public static readonly string[] Agents = ["anna", "ben", "carla"];

    public async Task OpenAsync(string channel, CancellationToken cancellation)
    {
        await admin.CreateAsync("/v1/groups", new { id = Button, name = "Sales" }, cancellation);
        foreach (var agent in Agents)
            await admin.CreateAsync(
                "/v1/agents",
                new
                {
                    id = agent, name = agent, groups = new[] { new { group = Button } },
                    phones = new[] { new { kind = "registered", user = agent } },
                },
                cancellation);
        await admin.CreateAsync(
            "/v1/flows",
            new
            {
                id = Button, name = "Sales", start = "ring",
                steps = new
                {
                    ring = new { kind = "ring", agents = new { group = Button }, next = "wait" },
                    wait = new { kind = "queue", group = Button },
                },
            },
            cancellation);
        JsonElement[] routes = [.. (await admin.GetAsync(Routes, cancellation)).GetProperty("items").EnumerateArray()];
        if (routes.Any(route => route.GetProperty("flow").GetString() == Button))
            return;
        var route = new { place = 0, flow = Button, channel, payloads = new[] { Button } };
        await admin.ReplaceAsync(Routes, new { items = (object[])[.. routes, route] }, cancellation);
    }
}
