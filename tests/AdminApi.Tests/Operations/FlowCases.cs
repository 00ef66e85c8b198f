using AdminApi.Platform;
using AdminApi.Tests.Kit;
using static AdminApi.Tests.Kit.CentreSamples;

namespace AdminApi.Tests.Operations;

public sealed class FlowCases : IOperationCases
{
    private static readonly ProblemKind NotAudio = new(422, "not_audio", ""), AudioUnavailable = new(409, "audio_unavailable", "");

    public void Describe(CaseTable cases)
    {
        DescribeFlows(cases);
        DescribeRoutes(cases);
        DescribeAudio(cases);
        cases.For("listVoicemails").Succeeds(200, async api =>
        {
            await VoicemailAsync(api, "sales");
            return api.Get("/v1/voicemails?limit=1&closed=false&heard=false&group=sales");
        });
        cases.For("getVoicemail").Succeeds(200, async api => api.Get($"/v1/voicemails/{await VoicemailAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/voicemails/none"));
        cases.For("markVoicemail")
            .Succeeds(200, async api => api.Put($"/v1/voicemails/{await VoicemailAsync(api)}", new { heard = true, closed = false }, 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/voicemails/none", new { heard = true, closed = false }, 1));
        cases.For("downloadVoicemail")
            .Succeeds(200, async api => api.Get($"/v1/voicemails/{await VoicemailAsync(api, audio: Tone(8000, 800))}/audio"))
            .Fails(AudioUnavailable, async api => api.Get($"/v1/voicemails/{await VoicemailAsync(api)}/audio"))
            .Fails(Problems.NotFound, api => api.Get("/v1/voicemails/none/audio"));
    }

    private static void DescribeFlows(CaseTable cases)
    {
        cases.For("listFlows").Succeeds(200, async api =>
        {
            await FlowAsync(api);
            return api.Get("/v1/flows?limit=1");
        });
        cases.For("createFlow")
            .Succeeds(201, async api => api.Post("/v1/flows", With(Name("f"), Flow(await GroupAsync(api)))))
            .Fails(StoreProblems.AlreadyExists, async api => api.Post("/v1/flows", With(await FlowAsync(api), Flow("none"))))
            .Fails(StoreProblems.InvalidFlow, api => api.Post("/v1/flows", With(Name("f"), Flow("none"))));
        cases.For("getFlow").Succeeds(200, async api => api.Get($"/v1/flows/{await FlowAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/flows/none"));
        cases.For("replaceFlow")
            .Succeeds(200, async api => api.Put($"/v1/flows/{await FlowAsync(api)}", Flow(await GroupAsync(api)), 1))
            .Fails(StoreProblems.InvalidFlow, async api => api.Put($"/v1/flows/{await FlowAsync(api)}", Flow("none"), 1))
            .Fails(Problems.NotFound, api => api.Put("/v1/flows/none", Flow("none"), 1));
        cases.For("deleteFlow")
            .Succeeds(204, async api => api.Delete($"/v1/flows/{await FlowAsync(api)}", 1))
            .Fails(StoreProblems.InUse, async api =>
            {
                var flow = await FlowAsync(api);
                await api.ReadAsync(await ReplaceRoutesAsync(api, flow));
                return api.Delete($"/v1/flows/{flow}", 1);
            })
            .Fails(Problems.NotFound, api => api.Delete("/v1/flows/none", 1));
        cases.For("listFlowVersions").Succeeds(200, async api => api.Get($"/v1/flows/{await FlowAsync(api)}/versions"))
            .Fails(Problems.NotFound, api => api.Get("/v1/flows/none/versions"));
        cases.For("getFlowVersion").Succeeds(200, async api => api.Get($"/v1/flows/{await FlowAsync(api)}/versions/1"))
            .Fails(Problems.NotFound, async api => api.Get($"/v1/flows/{await FlowAsync(api)}/versions/2"));
        cases.For("dryRunFlow")
            .Succeeds(200, async api => api.Post($"/v1/flows/{await FlowAsync(api)}/dry-run", new
            {
                channel = "100", number = "+49 1511 2345678", at = "2026-01-05T10:00:00Z", payloads = new[] { "sales" },
                keys = new[] { "1" }, available = new[] { await AgentAsync(api) }, lastAgent = "anna", daysSinceLast = 3,
            }))
            .Fails(StoreProblems.UnknownReference, async api => api.Post(
                $"/v1/flows/{await FlowAsync(api)}/dry-run", new { channel = "100", available = new[] { "nobody" } }))
            .Fails(Problems.NotFound, api => api.Post("/v1/flows/none/dry-run", new { channel = "100" }));
    }

    private static void DescribeRoutes(CaseTable cases)
    {
        cases.For("getFlowRoutes").Succeeds(200, async api =>
        {
            await api.ReadAsync(await ReplaceRoutesAsync(api, await FlowAsync(api)));
            return api.Get("/v1/flow-routes");
        });
        cases.For("replaceFlowRoutes")
            .Succeeds(200, async api => await ReplaceRoutesAsync(api, await FlowAsync(api)))
            .Fails(StoreProblems.InvalidFlowRoutes, api => ReplaceRoutesAsync(api, "none"));
    }

    private static void DescribeAudio(CaseTable cases)
    {
        cases.For("listAudio").Succeeds(200, async api =>
        {
            await AudioAsync(api);
            return api.Get("/v1/audio?limit=1");
        });
        cases.For("uploadAudio")
            .Succeeds(200, api => Upload(api, Name("s"), Tone(8000, 800)))
            .Fails(Problems.InvalidRequest, api => Upload(api, "Wrong", Tone(8000, 800)))
            .Fails(NotAudio, api => Upload(api, Name("s"), "RIFF"u8.ToArray()));
        cases.For("downloadAudio").Succeeds(200, async api => api.Get($"/v1/audio/{await AudioAsync(api)}/en"))
            .Fails(Problems.NotFound, async api => api.Get($"/v1/audio/{await AudioAsync(api)}/de"));
        cases.For("deleteAudio").Succeeds(204, async api => api.Delete($"/v1/audio/{await AudioAsync(api)}/en", 1))
            .Fails(StoreProblems.InUse, async api =>
            {
                var music = await AudioAsync(api);
                await FlowAsync(api, music: music);
                return api.Delete($"/v1/audio/{music}/en", 1);
            })
            .Fails(Problems.NotFound, api => api.Delete("/v1/audio/none/en", 1));
    }

    /// <summary>A request that makes a single rule, whatever is there.</summary>
    private static async Task<HttpRequestMessage> ReplaceRoutesAsync(ApiFixture api, string flow)
    {
        var version = (await api.ReadAsync(api.Get("/v1/flow-routes"))).GetProperty("version").GetInt64();
        var rule = new
        {
            place = 1, flow, channel = await ChannelSamples.ChannelAsync(api), prefixes = new[] { "49" }, countries = new[] { "DE" },
            payloads = new[] { "sales" }, weight = 3, hasLastAgent = true,
            hours = new { timeZone = "Europe/Berlin", week = new[] { new { day = "monday", open = "0900", close = "1700" } } },
        };
        return api.Put("/v1/flow-routes", new { items = new[] { rule } }, version);
    }
}
