using System.Text.Json;

namespace Demo;

/// <summary>
/// Three agents in a group, and the flow of its calls: all phones ring at once; where none is free the caller waits. A fourth one has no
/// desk phone, and a queue of her own. Set up through the admin API as an operator would; existing rows stay.
/// </summary>
internal sealed class DemoGroup(AdminClient admin)
{
    /// <summary>The payload of the call button that leads to the group; also its name, and its flow's.</summary>
    public const string Button = "sales";

    /// <summary>The agent whose phone is in the browser; also the payload, the group and the flow of her calls.</summary>
    public const string Browser = "dora";

    private const string Routes = "/v1/flow-routes";

    /// <summary>The agents, and the users whose phones register for them.</summary>
    public static readonly string[] Agents = ["anna", "ben", "carla"];

    public async Task OpenAsync(string channel, CancellationToken cancellation)
    {
        await AddAsync(Button, Agents, cancellation);
        await AddAsync(Browser, [Browser], cancellation);
        await LeadAsync(channel, Button, "ring", new
        {
            ring = new { kind = "ring", agents = new { group = Button }, next = "wait" },
            wait = new { kind = "queue", group = Button },
        }, cancellation);
        await LeadAsync(channel, Browser, "wait", new
        {
            wait = new { kind = "queue", group = Browser, leaveWhenNobodyIsSignedIn = false },
        }, cancellation);
    }

    private async Task AddAsync(string group, IEnumerable<string> agents, CancellationToken cancellation)
    {
        await admin.CreateAsync("/v1/groups", new { id = group, name = group }, cancellation);
        foreach (var agent in agents)
            await admin.CreateAsync(
                "/v1/agents",
                new
                {
                    id = agent, name = agent, groups = new[] { new { group } },
                    phones = new[] { new { kind = "registered", user = agent } },
                },
                cancellation);
    }

    /// <summary>Calls by the button of this name go through these steps.</summary>
    private async Task LeadAsync(string channel, string button, string start, object steps, CancellationToken cancellation)
    {
        await admin.CreateAsync("/v1/flows", new { id = button, name = button, start, steps }, cancellation);
        JsonElement[] routes = [.. (await admin.GetAsync(Routes, cancellation)).GetProperty("items").EnumerateArray()];
        if (routes.Any(route => route.GetProperty("flow").GetString() == button))
            return;
        var route = new { place = routes.Length, flow = button, channel, payloads = new[] { button } };
        await admin.ReplaceAsync(Routes, new { items = (object[])[.. routes, route] }, cancellation);
    }
}
