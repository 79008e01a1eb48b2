// Calls every operation with a client of openapi-generator.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	api "cars.test/api"
)

type asText struct{}

func (asText) RoundTrip(request *http.Request) (*http.Response, error) {
	request.Header.Set("Content-Type", "text/plain")
	return http.DefaultTransport.RoundTrip(request)
}

func newClient() *api.APIClient {
	configuration := api.NewConfiguration()
	configuration.Servers = api.ServerConfigurations{{URL: os.Getenv("BASE_URL")}}
	if key := os.Getenv("API_KEY"); key != "" {
		configuration.AddDefaultHeader("X-API-Key", key)
	}
	return api.NewAPIClient(configuration)
}

func expect(expected, actual any) {
	if !reflect.DeepEqual(expected, actual) {
		panic(fmt.Sprintf("expected %v, got %v", expected, actual))
	}
}

func must[T any](value T, response *http.Response, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func expectProblem(status int, err error) {
	failure, ok := err.(*api.GenericOpenAPIError)
	expect(true, ok)
	problem, ok := failure.Model().(api.Problem)
	if !ok {
		panic(fmt.Sprintf("no problem document: %v %s", err, failure.Body()))
	}
	expect(status, int(problem.GetStatus()))
}

func main() {
	client, ctx := newClient(), context.Background()
	cars := client.CarsAPI
	health := must(client.HealthAPI.GetHealth(ctx).Execute())
	expect("ok", health.GetStatus())
	readiness := must(client.HealthAPI.GetReadiness(ctx).Execute())
	expect("ready", readiness.GetStatus())
	expect("Tabla cars creada", must(cars.CreateTable(ctx).Execute()))

	brand := fmt.Sprintf("go %d", time.Now().UnixNano())
	golf, newer := api.NewCarInput(brand, "Golf", 2018), api.NewCarInput(brand, "Golf", 2019)
	car := must(cars.CreateCar(ctx).CarInput(*golf).IdempotencyKey(brand).Execute())
	expect(car, must(cars.CreateCar(ctx).CarInput(*golf).IdempotencyKey(brand).Execute()))
	_, _, err := cars.CreateCar(ctx).CarInput(*newer).IdempotencyKey(brand).Execute()
	expectProblem(422, err)
	textClient := newClient()
	textClient.GetConfig().HTTPClient = &http.Client{Transport: asText{}}
	_, _, err = textClient.CarsAPI.CreateCar(ctx).CarInput(*golf).Execute()
	expectProblem(415, err)
	polo := must(cars.CreateCar(ctx).CarInput(*api.NewCarInput(brand, "Polo", 2020)).Execute())

	read, response, err := cars.GetCar(ctx, car.GetId()).Execute()
	expect(nil, err)
	expect(car, read)
	tag := response.Header.Get("ETag")
	_, response, _ = cars.GetCar(ctx, car.GetId()).IfNoneMatch(tag).Execute()
	expect(304, response.StatusCode)
	_, _, err = cars.GetCar(ctx, 1<<53-1).Execute()
	expectProblem(404, err)

	first, response, err := cars.ListCars(ctx).Brand([]string{brand}).Limit(1).Count("exact").Execute()
	expect(nil, err)
	expect([]api.Car{*car}, first)
	expect("2", response.Header.Get("X-Total-Count"))
	link := regexp.MustCompile(`<([^>]+)>; rel="next"`).FindStringSubmatch(response.Header.Get("Link"))
	following, err := url.Parse(link[1])
	expect(nil, err)
	cursor := following.Query().Get("cursor")
	second := must(cars.ListCars(ctx).Brand([]string{brand}).Limit(1).Cursor(cursor).Execute())
	expect([]api.Car{*polo}, second)

	counts := must(cars.CountCars(ctx).By("year").Brand([]string{brand}).Execute())
	expect(2, len(counts))
	expect(int64(1), counts[0].GetCars())
	index := must(cars.GetIndex(ctx).Execute())
	expect("cars-api", index.GetService())
	expect(true, slices.Contains(must(cars.GetMe(ctx).Execute()).GetScopes(), "cars:write"))

	batch := must(cars.CreateCars(ctx).CarInput([]api.CarInput{*golf, *golf}).IdempotencyKey(brand).Execute())
	expect(int32(2), batch.GetCreated())
	csv := must(cars.ExportCarsAsCsv(ctx).Brand([]string{brand}).Execute())
	expect(5, len(strings.Split(strings.TrimSpace(csv), "\r\n")))
	rest := must(cars.ExportCarsAsNdjson(ctx).Brand([]string{brand}).AfterId(polo.GetId()).Execute())
	expect(2, len(strings.Split(strings.TrimSpace(rest), "\n")))

	// What was read can be sent back, with its id.
	replacement := api.NewCarReplacement(brand, "Golf", 2019)
	replacement.SetId(car.GetId())
	replaced := must(cars.ReplaceCar(ctx, car.GetId()).CarReplacement(*replacement).IfMatch(tag).Execute())
	expect(int32(2019), replaced.GetYear())
	_, _, err = cars.ReplaceCar(ctx, car.GetId()).CarReplacement(*replacement).IfMatch(tag).Execute()
	expectProblem(412, err)
	patch := api.NewCarPatch()
	patch.SetYear(2020)
	patched := must(cars.PatchCar(ctx, car.GetId()).CarPatch(*patch).Execute())
	expect(int32(2020), patched.GetYear())

	history := must(cars.GetCarHistory(ctx, car.GetId()).Execute())
	expect(3, len(history))
	expect("created", history[2].GetChange())
	expect(false, history[2].Before.IsSet() && history[2].Before.Get() != nil)
	after := history[0].GetAfter()
	expect(int32(2020), after.GetYear())
	_, err = cars.DeleteCar(ctx, car.GetId()).Execute()
	expect(nil, err)
	deleted := must(cars.GetCarHistory(ctx, car.GetId()).Execute())
	expect("deleted", deleted[0].GetChange())
}
