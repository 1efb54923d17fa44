package demo

// A talk is what goes to and fro about a matter, beside its text and its
// answer: what staff asks back, what the resident then says, and what staff notes for each other.
type talk struct{ ask, reply, note string }

// talks has one for each of matters, in their order.
var talks = []talk{
	{"Are you paid every week or every two weeks? Please also tell us since when you have worked there.", "Every week, on Fridays, since last March. I attach the last thirteen.", "Payslips are complete. Employer is known to us, no need to verify again."},
	{"Could you send the photo once more, taken in daylight? The number of the meter has to be on it.", "Here it is again, with the serial plate. It was never cloudy enough to blame the photo.", "The first photo was legible, the scan of it was not. That is our mistake, not hers."},
	{"Which of our letters had the old address, and what is its date?", "The one about the housing supplement, dated the 14th. The one before was right.", "Two registers, two addresses. Asked the register office to merge them."},
	{"Has your bank account changed this year? The last four digits are enough.", "Yes, in summer. The new one ends in 4417.", "Payment came back with reason code AC04, account closed. Paid again by hand."},
	{"Does your brother live with you, and does he still go to school?", "He lives with me and goes to school until June next year.", "School leaving in June means that the grant may run on. Check with Ines before the letter goes out."},
	{"Please send us the letter with which your old employer ended the contract.", "It is attached. My last day was the 30th of April, as I wrote.", "Hours of April are counted in both jobs. Corrected in the calculation, needs a second pair of eyes."},
	{"Is it the lamp on the side of the even numbers? The number on the post would help us most.", "On the even side. The plate says L-2207.", "Third report for this line this month. The cable may be the cause, not the lamp."},
	{"Is the hole on the road or on the cycle path, and about how wide is it?", "On the cycle path, as wide as a dinner plate.", "On the cycle path, so five days. Marked with spray until the crew comes."},
	{"At which hours do most children cross there?", "Between half past seven and eight, and again at one.", "School confirms the numbers. Count planned for two mornings."},
	{"Does the branch hang over the pavement only, or over the road as well?", "Over both. The bus has to drive around it.", "Bus route, so it goes before the others. Tree is in the register as a lime of 1962."},
	{"How wide is the way that is left? A photo would help us to talk to the contractor.", "Less than a metre, and there is a step. Photo attached.", "Contractor has been told for the second time. A third time it costs him the bond."},
	{"Was the bin at the kerb before seven, and was anything beside it?", "It stood there from the evening before, lid closed.", "Route sheet shows the street as done at 6.40, the lorry's log says otherwise."},
	{"Are the tins open, and is it paint on water or on oil?", "Mostly closed. Wall paint, and two of lacquer.", "Wall paint that has dried may go into the grey bin. Told him of the yard all the same."},
	{"Is there anything dangerous in it, such as canisters or asbestos?", "No, just furniture and bags. One has papers in it.", "Papers with an address in one of the bags. Handed to enforcement, do not mention it in the reply."},
	{"Is that the bin for paper or the one for food?", "The blue one. The brown one is fine.", "Six people registered at the address, so the larger bin is free."},
	{"How high will the shed be, and how far from your neighbour's fence?", "2.3 metres high, three metres from the fence.", "Below the height and far enough. No permit if the area fits, check the plan of the block."},
	{"From when to when, and can an ambulance pass the tables?", "From noon until ten. We leave the left lane free.", "Fire brigade has no objection. Barriers: ask the yard, they are short that week-end."},
	{"Do you need power all day or only for the till?", "Only for the till and a small fridge.", "One pitch with power is free from next month; two others wait for it, they asked later."},
	{"Your fire report is not here yet. Could you ask the inspector to send it again?", "He says that he sent it twice. I attach his mail.", "The report lay with Water, wrong mailbox. Sorry for this one, we should say so."},
	{"Is it the cold tap, the warm one, or both? And do your neighbours have it too?", "Both, and the whole house has it.", "Flushing in the next street until noon, the notice was put up too late."},
	{"Is the water clear, and does it run faster at some hours?", "Clear and cold. It is more in the early morning.", "Pressure log shows a loss since Tuesday. Crew sent, traffic office is informed."},
	{"Please read the black digits from left to right and send us a photo of the meter.", "It says 00471. Photo attached.", "Reading on file is 00977. Somebody took the plate number for it."},
	{"Is the wall one to the outside, and do you air the room?", "It is the north wall. I air twice a day and it is still wet.", "Second report for this house. Take the hygrometer, and Ingrid if she has time."},
	{"What has changed: the number of people, or the income?", "We are four now. Our daughter was born in August.", "Birth certificate is in the file since September, the points were never changed."},
	{"Is there a second lift, and does somebody in your home need one to go out?", "There is only this one. I carry the pram up six floors.", "Landlord says that the part is ordered. It is the third week, so the order can be made."},
	{"Which of the letters were not for you? The reference at the top is enough.", "Two about school meals. I have put them back into the post.", "Two people, same name, born eleven days apart. Both files carry a warning now."},
}

// A translation is a matter in Spanish.
type translation struct{ subject, text, ask, reply, answer string }

// spanish has the matters that people write about in Spanish, by their place in matters.
var spanish = map[int]translation{
	0: {"¿Qué nóminas necesito?", "Cobro por semana, ¿son doce o trece nóminas? El formulario no lo dice.",
		"¿Cobra cada semana o cada dos? Díganos también desde cuándo trabaja allí.", "Cada viernes, desde marzo. Adjunto las trece últimas.",
		"Envíe las trece últimas nóminas semanales. Valen fotos si se ven todas las esquinas."},
	1: {"Me han denegado la ayuda para la calefacción", "Denegaron mi solicitud porque «no se pudo comprobar la lectura del contador». Envié la foto hace %d días y se lee perfectamente.",
		"¿Podría enviar la foto otra vez, hecha con luz de día? Tiene que verse el número del contador.", "Aquí la tiene otra vez, con la placa.",
		"Hemos vuelto a mirar su foto y se lee bien. Retiramos la decisión y la ayuda se paga el día uno."},
	5: {"Carta de pago indebido, no estoy de acuerdo", "Han contado las horas de mi antiguo trabajo cuando ya había terminado. Adjunto la carta de mi empleador.",
		"Envíenos por favor la carta con la que terminó el contrato anterior.", "Está adjunta. Mi último día fue el 30 de abril.",
		"Tiene razón, las horas se contaron dos veces. No tiene que devolver nada."},
	6: {"Farola apagada en %s", "La farola junto al número %d lleva una semana apagada y ahí está el cruce. Alguien se va a hacer daño.",
		"¿Es la farola del lado de los números pares? Lo que más nos ayuda es el número del poste.", "En el lado par. La placa dice L-2207.",
		"La farola se ha reparado esta mañana. Gracias por avisarnos."},
	7: {"Bache en %s", "Hay un agujero tan hondo como mi mano, justo por donde pasan las bicicletas. Casi me caigo hace %d días.",
		"¿El agujero está en la calzada o en el carril bici, y qué anchura tiene más o menos?", "En el carril bici, como un plato de grande.",
		"El agujero está tapado. Todo el tramo está en la lista para asfaltar en primavera."},
	11: {"No han recogido la basura en %s", "Es la segunda vez que no vacían el contenedor marrón. Los de los vecinos sí.",
		"¿Estaba el contenedor en la acera antes de las siete?", "Estaba fuera desde la tarde anterior, con la tapa cerrada.",
		"El equipo va mañana antes del mediodía. El plan de ruta estaba mal y ya está corregido."},
	13: {"Basura abandonada detrás de %s", "Alguien dejó anoche un sofá y unas %d bolsas junto al canal.",
		"¿Hay algo peligroso, como bidones o amianto?", "No, solo muebles y bolsas. En una hay papeles.",
		"Lo hemos retirado todo esta tarde. Gracias por avisar."},
	15: {"¿Necesito permiso para un cobertizo?", "Quiero construir un cobertizo de %d metros cuadrados en %s. ¿Necesito permiso?",
		"¿Qué altura tendrá y a qué distancia de la valla del vecino estará?", "2,3 metros de alto, a tres metros de la valla.",
		"Hasta 10 metros cuadrados no hace falta permiso. Por encima, envíe el formulario corto con un croquis."},
	16: {"Fiesta en la calle, %s", "Queremos cerrar la calle para nuestra fiesta de verano. Participan unos %d hogares.",
		"¿De qué hora a qué hora, y puede pasar una ambulancia entre las mesas?", "De doce a diez. Dejamos libre el carril izquierdo.",
		"Su fiesta está aprobada. Llevamos las vallas la tarde anterior."},
	19: {"Agua marrón en %s", "El agua sale marrón desde esta mañana, incluso después de dejarla correr %d minutos.",
		"¿Es la fría, la caliente o las dos? ¿Les pasa también a los vecinos?", "Las dos, y le pasa a toda la casa.",
		"Se limpió una tubería en la calle de al lado. El agua no es peligrosa; déjela correr hasta que salga clara."},
	21: {"Mi factura del agua se ha duplicado", "Somos dos personas, como antes, y la factura es el doble que la anterior.",
		"Lea por favor las cifras negras de izquierda a derecha y envíenos una foto del contador.", "Pone 00471. Adjunto la foto.",
		"La lectura estaba mal: se tomó un 7 por un 1. Le enviamos una factura corregida."},
	22: {"Humedad en el dormitorio", "Otra vez hay moho en la pared norte, %d meses después de pintarla.",
		"¿La pared da al exterior, y ventila la habitación?", "Es la pared norte. Ventilo dos veces al día y sigue mojada.",
		"El jueves pasa un inspector. Aparte por favor los muebles de esa pared."},
	23: {"Puesto en la lista de vivienda", "¿Cuántos hay antes que yo? Lo solicité hace %d meses y mi situación ha cambiado.",
		"¿Qué ha cambiado: el número de personas o los ingresos?", "Ahora somos cuatro. Nuestra hija nació en agosto.",
		"Está en el puesto 41 para un piso de dos habitaciones. Los cambios le suben; necesitamos los ingresos nuevos."},
}

// phrases are the parts of letters in a language, of which one is taken each time. %s is a name.
type phrases struct {
	dear, thanks, regards, chase, gratitude []string
	re                                      string
}

var english = phrases{
	dear:    []string{"Dear %s,", "Hello %s,", "Good morning %s,", "Dear %s, thank you for your patience."},
	thanks:  []string{"Thank you for writing to us.", "Thank you for telling us.", "Your message has reached the right desk.", "I have read your message and looked into the file."},
	regards: []string{"Kind regards,", "With kind regards,", "Yours sincerely,", "Best wishes,"},
	chase: []string{"Is there any news? I have not heard anything since.", "I wanted to ask how far you are.", "It is still the same here. When can I expect somebody?",
		"One more thing: after five in the evening is the best time to reach me.", "Please do not forget me, it gets worse."},
	gratitude: []string{"Thank you, that was quick.", "That helps a lot, thank you.", "Thank you. I had not expected an answer so soon.", "Perfect, many thanks.", "Thanks. My neighbour will be glad too."},
	re:        "Re: ",
}

var castilian = phrases{
	dear:    []string{"Estimada/o %s:", "Hola, %s:", "Buenos días, %s:"},
	thanks:  []string{"Gracias por escribirnos.", "Gracias por avisarnos.", "He leído su mensaje y he mirado el expediente."},
	regards: []string{"Un cordial saludo,", "Atentamente,", "Saludos cordiales,"},
	chase: []string{"¿Hay novedades? No he sabido nada desde entonces.", "Quería preguntar cómo va mi asunto.", "Aquí sigue todo igual. ¿Cuándo viene alguien?",
		"Una cosa más: después de las cinco de la tarde es la mejor hora para llamarme."},
	gratitude: []string{"Gracias, ha sido muy rápido.", "Me ayuda mucho, gracias.", "Perfecto, muchas gracias.", "Gracias. Mi vecina también se alegrará."},
	re:        "Re: ",
}

// places are notes that staff writes whatever the matter is.
var asides = []string{
	"Called, nobody picked up. Try again after five.",
	"Same household as a case of last year, the file is linked.",
	"Prefers to be written to; please do not call.",
	"Waiting for the other department, reminder set for Thursday.",
	"Checked with the lead, we can do this without a form.",
	"Photo is good enough, no visit needed.",
	"He was at the counter today and is content with the plan.",
	"Handed over before my holiday; everything that is needed is in the file.",
}
