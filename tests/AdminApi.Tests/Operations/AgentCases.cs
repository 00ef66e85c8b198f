using System.Net.Http.Headers;
using AdminApi.Agents;
using AdminApi.Platform;
using AdminApi.Tests.Kit;
using Gateway.Calls;
using static AdminApi.Tests.Kit.CentreSamples;

namespace AdminApi.Tests.Operations;

public sealed class AgentCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        DescribeAgents(cases);
        DescribeGroups(cases);
        DescribePhones(cases);
        cases.For("getSupervisor").Succeeds(200, async api =>
        {
            var group = await GroupAsync(api);
            await AgentAsync(api, group);
            await Samples.CallAsync(api, call => call with
            {
                Direction = CallDirection.Inbound, Cause = HangupCause.CallerGaveUp, Flow = new FlowId("f"), Group = new GroupId(group),
                StartedAt = DateTimeOffset.UtcNow.AddMinutes(-2), WaitedFrom = DateTimeOffset.UtcNow.AddMinutes(-1),
                EndedAt = DateTimeOffset.UtcNow,
            });
            return api.Get($"/v1/supervisor?group={group}");
        });
    }

    private static void DescribeAgents(CaseTable cases)
    {
        cases.For("listAgents").Succeeds(200, async api =>
        {
            var group = await GroupAsync(api);
            await AgentAsync(api, group);
            return api.Get($"/v1/agents?limit=1&group={group}");
        });
        cases.For("createAgent")
            .Succeeds(201, async api => api.Post("/v1/agents", Agent(Name("a"), await GroupAsync(api))))
            .Fails(StoreProblems.AlreadyExists, async api => api.Post("/v1/agents", Agent(await AgentAsync(api))))
            .Fails(StoreProblems.UnknownReference, api => api.Post("/v1/agents", Agent(Name("a"), "none")));
        cases.For("getAgent").Succeeds(200, async api => api.Get($"/v1/agents/{await AgentAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/agents/none"));
        cases.For("replaceAgent")
            .Succeeds(200, async api => api.Put($"/v1/agents/{await AgentAsync(api)}", Whole(await GroupAsync(api)), 1))
            .Fails(StoreProblems.UnknownReference, async api => api.Put($"/v1/agents/{await AgentAsync(api)}", Whole("none"), 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/agents/none", Whole(), 1));
        cases.For("deleteAgent")
            .Succeeds(204, async api => api.Delete($"/v1/agents/{await AgentAsync(api)}", 1))
            .Fails(StoreProblems.InUse, async api =>
            {
                var agent = await AgentAsync(api);
                var ring = new { kind = "ring", agents = new { agents = new[] { agent } } };
                await api.ReadAsync(api.Post("/v1/flows", new { id = Name("f"), name = "x", start = "a", steps = new { a = ring } }));
                return api.Delete($"/v1/agents/{agent}", 1);
            })
            .Fails(Problems.NotFound, api => api.Delete("/v1/agents/none", 1));
        cases.For("setPhoneSecret")
            .Succeeds(204, async api =>
            {
                var user = Name("web");
                var agent = With(Name("a"), new { name = "Web", phones = new[] { new { kind = "registered", user } } });
                var id = (await api.ReadAsync(api.Post("/v1/agents", agent))).GetProperty("id").GetString();
                return api.Put($"/v1/agents/{id}/phones/{user}/secret", new { realm = "phones.example", password = "open-sesame" });
            })
            .Fails(Problems.InvalidRequest, api =>
                api.Put("/v1/agents/none/phones/x/secret", new { realm = "phones.example", password = "short" }))
            .Fails(Problems.NotFound, api =>
                api.Put("/v1/agents/none/phones/x/secret", new { realm = "phones.example", password = "open-sesame" }));
        cases.For("getAgentState").Succeeds(200, async api => api.Get($"/v1/agents/{await AgentAsync(api)}/state"))
            .Fails(Problems.NotFound, api => api.Get("/v1/agents/none/state"));
        cases.For("setAgentState")
            .Succeeds(200, async api => api.Put($"/v1/agents/{await AgentAsync(api)}/state", new { presence = "away", reason = "lunch" }))
            .Fails(Problems.InvalidRequest, async api =>
                api.Put($"/v1/agents/{await AgentAsync(api)}/state", new { presence = "available", reason = "lunch" }))
            .Fails(Problems.NotFound, api => api.Put("/v1/agents/none/state", new { presence = "available" }));
    }

    private static void DescribePhones(CaseTable cases)
    {
        static async Task<HttpRequestMessage> AskAsync(ApiFixture api, string? agent)
        {
            var request = api.Post("/v1/agents/me/phone/tickets");
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", await api.AgentKeyAsync(agent, Scope.Operate));
            return request;
        }
        cases.For("createPhoneTicket")
            .Succeeds(200, async api => await AskAsync(api, await AgentAsync(api)))
            .Fails(PhoneTicketsApi.NoAgent, api => AskAsync(api, null))
            .Fails(PhoneTicketsApi.NoPhone, async api =>
            {
                var bare = api.Post("/v1/agents", new { id = Name("a"), name = "Bare" });
                return await AskAsync(api, (await api.ReadAsync(bare)).GetProperty("id").GetString());
            });
    }

    private static void DescribeGroups(CaseTable cases)
    {
        var times = new { name = "Support", wrapUpSeconds = 5, answerWithinSeconds = 30 };
        cases.For("listGroups").Succeeds(200, async api =>
        {
            await GroupAsync(api);
            return api.Get("/v1/groups?limit=1");
        });
        cases.For("createGroup")
            .Succeeds(201, api => api.Post("/v1/groups", With(Name("g"), times)))
            .Fails(StoreProblems.AlreadyExists, async api => api.Post("/v1/groups", With(await GroupAsync(api), times)));
        cases.For("getGroup").Succeeds(200, async api => api.Get($"/v1/groups/{await GroupAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/groups/none"));
        cases.For("replaceGroup").Succeeds(200, async api => api.Put($"/v1/groups/{await GroupAsync(api)}", times, 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/groups/none", times, 1));
        cases.For("deleteGroup").Succeeds(204, async api => api.Delete($"/v1/groups/{await GroupAsync(api)}", 1))
            .Fails(StoreProblems.InUse, async api =>
            {
                var group = await GroupAsync(api);
                await FlowAsync(api, group);
                return api.Delete($"/v1/groups/{group}", 1);
            })
            .Fails(Problems.NotFound, api => api.Delete("/v1/groups/none", 1));
        cases.For("listGroupMembers")
            .Succeeds(200, async api =>
            {
                var group = await GroupAsync(api);
                await AgentAsync(api, group);
                return api.Get($"/v1/groups/{group}/members");
            })
            .Fails(Problems.NotFound, api => api.Get("/v1/groups/none/members"));
        cases.For("replaceGroupMembers")
            .Succeeds(200, async api => api.Put($"/v1/groups/{await GroupAsync(api)}/members", Members(await AgentAsync(api)), 1))
            .Fails(StoreProblems.UnknownReference, async api => api.Put($"/v1/groups/{await GroupAsync(api)}/members", Members("none"), 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/groups/none/members", Members(), 1));
    }

    private static object Whole(params string[] groups)
    {
        var whole = With("x", Agent(Name("b"), groups));
        whole.Remove("id");
        return whole;
    }

    private static object Members(params string[] agents) =>
        new { items = agents.Select(agent => new { agent, skill = 3, order = 2 }).ToArray() };
}
