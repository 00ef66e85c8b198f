using AdminApi.Platform;
using AdminApi.Tests.Kit;

namespace AdminApi.Tests.Operations;

public sealed class KeyCases : IOperationCases
{
    public void Describe(CaseTable cases)
    {
        cases.For("listKeys").Succeeds(200, api => api.Get("/v1/keys?limit=2"));
        cases.For("getKey")
            .Succeeds(200, async api => api.Get($"/v1/keys/{await IdAsync(api)}"))
            .Fails(Problems.NotFound, api => api.Get("/v1/keys/none"));
        cases.For("createKey")
            .Succeeds(201, api => api.Post("/v1/keys", new { name = "reports", scopes = new[] { "read" } }))
            .Fails(Problems.InvalidRequest, api =>
                api.Post("/v1/keys", new { name = "", scopes = Array.Empty<string>(), expiresAt = "2020-01-01T00:00:00Z" }))
            .Fails(Problems.InvalidRequest, api => api.Post("/v1/keys", new { name = "x", scopes = new[] { "root" } }))
            .Fails(StoreProblems.UnknownReference, api =>
                api.Post("/v1/keys", new { name = "x", scopes = new[] { "read" }, agent = "none" }));
        cases.For("rotateKey")
            .Succeeds(200, async api => api.Post($"/v1/keys/{await IdAsync(api)}/rotate", new { graceSeconds = 60 }, 1))
            .Fails(Problems.InvalidRequest, async api => api.Post($"/v1/keys/{await IdAsync(api)}/rotate", new { graceSeconds = -1 }, 1))
            .Fails(Problems.NotFound, api => api.Post("/v1/keys/none/rotate", new { }, 1));
        cases.For("revokeKey")
            .Succeeds(204, async api => api.Delete($"/v1/keys/{await IdAsync(api)}", 1))
            .Fails(Problems.NotFound, api => api.Delete("/v1/keys/none", 1));
        cases.For("listAudit").Succeeds(200, async api =>
        {
            await api.ReadAsync(api.Post("/v1/keys", new { name = "audited", scopes = new[] { "read" } }));
            return api.Get("/v1/audit?action=key.create&limit=1");
        });
    }

    private static async Task<string> IdAsync(ApiFixture api) => (await api.KeyAsync(Scope.Read)).Split('_')[1];
}
